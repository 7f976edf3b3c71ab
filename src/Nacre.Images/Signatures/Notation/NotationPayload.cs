using Nacre.Images.Oci;

namespace Nacre.Images.Signatures.Notation;

/// <summary>What is signed: the descriptor of an image (Notary Project, signature-specification.md, "Payload").</summary>
internal static class NotationPayload
{
    private const string Member = "targetArtifact";

    /// <exception cref="ImageException">It is no such payload.</exception>
    public static Descriptor Parse(ReadOnlySpan<byte> json, string where)
    {
        var root = OciJson.Parse(json, where);
        if (root.Select(pair => pair.Key).FirstOrDefault(key => key != Member) is { } unknown)
            throw OciJson.Malformed($"the payload has the unknown member '{unknown}'", where);
        return Descriptor.Read(OciJson.Object(root, Member, where), where);
    }
}
