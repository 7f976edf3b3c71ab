using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>
/// Whether a trusted log took exactly this signature: the log's own signature over the entry, the proof that it is in the tree where one
/// came along, and the entry's content, which must name the payload, the signature and the key or certificate.
/// </summary>
internal static class LogEntryCheck
{
    private const string Structure = "rekor.entry";
    private const int MaxPem = 32 * 1024;

    /// <param name="entry">As it came with the signature.</param>
    /// <param name="signature">What must be logged.</param>
    /// <param name="verifier">The certificate, or the key, that the signature is by, in DER.</param>
    /// <param name="logs">Keys of the logs that are trusted.</param>
    /// <returns>Null when all is right; else what is not.</returns>
    public static string? FindProblem(LogEntry entry, ImageSignature signature, ReadOnlySpan<byte> verifier, IReadOnlyList<SignatureKey> logs)
    {
        if (logs.FirstOrDefault(key => entry.LogId.AsSpan().SequenceEqual(SHA256.HashData(key.SubjectPublicKeyInfo.Span))) is not { } log)
            return $"it was logged by {Convert.ToHexStringLower(entry.LogId)}, which is not a log that the policy names";

        // The time of the entry stands only under this signature, not in the tree.
        if (entry.SignedTimestamp is not { } promise)
            return "the log has not signed the time of its entry";
        if (!log.Verifies(entry.SignedContent(), promise))
            return "the log's signature over its entry is wrong";
        if (entry.Proof is { } proof)
        {
            if (!proof.Proves(entry.Body))
                return "the proof that the entry is in the log is wrong";
            if (Checkpoint.FindProblem(proof.Checkpoint, proof.TreeSize, proof.RootHash, log) is { } problem)
                return problem;
        }

        return IsAbout(entry.Body, signature, verifier) ? null : "the log's entry is about another signature";
    }

    // Kinds of entries: sigstore/rekor, pkg/types/hashedrekord and dsse, version 0.0.1 of both.
    private static bool IsAbout(byte[] body, ImageSignature signature, ReadOnlySpan<byte> verifier)
    {
        using var document = StrictJson.Parse(body, Structure, body.Length);
        var root = new JsonFields(Structure, document.RootElement);
        var (kind, version, spec) = (root.Text("kind", 64), root.Text("apiVersion", 64), root.Object("spec"));
        return (kind, version, signature.PayloadType) switch
        {
            ("hashedrekord", "0.0.1", _) => IsHash(spec.Object("data").Object("hash"), signature.SignedContent())
                && spec.Object("signature").Base64("content", MaxPem).AsSpan().SequenceEqual(signature.Signature)
                && IsPem(spec.Object("signature").Object("publicKey").Base64("content", MaxPem), verifier),
            ("dsse", "0.0.1", not null) => IsHash(spec.Object("payloadHash"), signature.Payload)
                && spec.Any("signatures") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1
                && new JsonFields($"{Structure}.signature", list[0]) is var one
                && one.Base64("signature", MaxPem).AsSpan().SequenceEqual(signature.Signature)
                && IsPem(one.Base64("verifier", MaxPem), verifier),
            _ => throw root.Malformed("kind", $"is {kind} {version}, which is not an entry for such a signature that is read here"),
        };
    }

    private static bool IsHash(JsonFields hash, byte[] content) =>
        hash.Text("algorithm", 16) == "sha256" && hash.Text("value", 64) == Convert.ToHexStringLower(SHA256.HashData(content));

    private static bool IsPem(byte[] pem, ReadOnlySpan<byte> der)
    {
        var text = Encoding.Latin1.GetString(pem);
        if (!PemEncoding.TryFind(text, out var fields))
            throw new MalformedDataException(Structure, "publicKey", 0, "is no PEM");
        return Convert.FromBase64String(text[fields.Base64Data]).AsSpan().SequenceEqual(der);
    }
}
