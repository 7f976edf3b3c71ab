using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Signatures;

/// <summary>What a signature says: this digest has this name (containers' atomic container signature, also cosign's payload).</summary>
public sealed record SimpleSigningPayload(Digest ManifestDigest, string DockerReference)
{
    public const string CosignType = "cosign container image signature";

    /// <summary>Of signatures by OpenPGP keys (containers-signature(5)).</summary>
    public const string AtomicType = "atomic container signature";
    private const int Largest = 64 * 1024;

    public byte[] ToJson(string type = CosignType) => OciJson.Utf8(new JsonObject
    {
        ["critical"] = new JsonObject
        {
            ["identity"] = new JsonObject { ["docker-reference"] = DockerReference },
            ["image"] = new JsonObject { ["docker-manifest-digest"] = ManifestDigest.ToString() },
            ["type"] = type,
        },
        ["optional"] = type == AtomicType ? new JsonObject { ["creator"] = "nacre" } : null,
    });

    /// <summary>Reads a payload whose signature was verified. Unknown critical members are refused, as the format wants.</summary>
    public static SimpleSigningPayload Parse(ReadOnlySpan<byte> json, string expectedType, string where)
    {
        if (json.Length > Largest)
            throw OciJson.Malformed($"a signature payload of {json.Length} bytes", where);

        var critical = OciJson.Object(OciJson.Parse(json, where), "critical", where);
        if (critical.Select(pair => pair.Key).FirstOrDefault(key => key is not ("identity" or "image" or "type")) is { } unknown)
            throw OciJson.Malformed($"the payload has an unknown critical member '{unknown}'", where);
        var type = OciJson.Text(critical, "type", where);
        if (type != expectedType)
            throw OciJson.Malformed($"the payload's type is '{type}', must be '{expectedType}'", where);

        return new(
            OciJson.Digest(OciJson.Object(critical, "image", where), "docker-manifest-digest", where),
            OciJson.Text(OciJson.Object(critical, "identity", where), "docker-reference", where));
    }
}
