using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Images.References;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>
/// What a signature in a bundle says: an in-toto statement whose one subject is the image, with cosign's predicate for signatures. Other
/// predicates (provenance, vulnerabilities) are attestations about an image and no consent to run it.
/// </summary>
internal sealed record InTotoStatement(Digest Subject, string? Name)
{
    public const string PayloadType = "application/vnd.in-toto+json";
    public const string SignaturePredicate = "https://sigstore.dev/cosign/sign/v1";
    private const string Structure = "in-toto.statement";
    private const int MaxSize = 128 * 1024;

    /// <exception cref="MalformedDataException">It is no such statement.</exception>
    public static InTotoStatement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = StrictJson.Parse(json, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        if (root.Text("_type", 128) is not ("https://in-toto.io/Statement/v1" or "https://in-toto.io/Statement/v0.1"))
            throw root.Malformed("_type", $"is '{root.Text("_type", 128)}'");
        if (root.Text("predicateType", 256) != SignaturePredicate)
            throw root.Malformed("predicateType", $"is '{root.Text("predicateType", 256)}', which is no signature of an image");
        if (root.Any("subject") is not { ValueKind: JsonValueKind.Array } subjects || subjects.GetArrayLength() != 1)
            throw root.Malformed("subject", "must be one");

        var subject = new JsonFields($"{Structure}.subject", subjects[0]);
        var hex = subject.Object("digest").Text("sha256", 64);
        return Digest.TryParse($"sha256:{hex}", out var digest)
            ? new(digest, subject.FindText("name", 512) is { Length: > 0 } name ? name : null)
            : throw subject.Malformed("digest.sha256", "must be 64 lower-case hexadecimal digits");
    }
}
