using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>
/// Whether a trusted log took exactly this signature: the log's own signature over the entry or the proof that it is in its tree, or both,
/// and the entry's content, which must name the payload, the signature and the key or certificate.
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
        var problem = entry.IntegratedTime > 0 ? FindPromiseProblem(entry, logs) : FindProofProblem(entry, logs);
        if (problem is not null)
            return problem;

        return IsAbout(entry.Body, signature, verifier) ? null : "the log's entry is about another signature";
    }

    // Rekor v1: the time of the entry stands only under the log's promise, not in the tree.
    private static string? FindPromiseProblem(LogEntry entry, IReadOnlyList<SignatureKey> logs)
    {
        if (logs.FirstOrDefault(key => entry.LogId.AsSpan().SequenceEqual(SHA256.HashData(key.SubjectPublicKeyInfo.Span))) is not { } log)
            return $"it was logged by {Convert.ToHexStringLower(entry.LogId)}, which is not a log that the policy names";
        if (entry.SignedTimestamp is not { } promise)
            return "the log has not signed the time of its entry";
        if (!log.Verifies(entry.SignedContent(), promise))
            return "the log's signature over its entry is wrong";
        return entry.Proof is null ? null : FindProofProblem(entry, [log]);
    }

    private static string? FindProofProblem(LogEntry entry, IReadOnlyList<SignatureKey> logs)
    {
        if (entry.Proof is not { } proof)
            return "neither a time that the log has signed nor a proof that the entry is in it came along";
        if (!proof.Proves(entry.Body))
            return "the proof that the entry is in the log is wrong";

        var problems = logs.Select(log => Checkpoint.FindProblem(proof.Checkpoint, proof.TreeSize, proof.RootHash, log)).ToList();
        return problems.Contains(null) ? null : problems.FirstOrDefault() ?? "the policy names no log";
    }

    // Kinds of entries: sigstore/rekor, pkg/types/hashedrekord and dsse, version 0.0.1 of both; sigstore/rekor-tiles, pkg/types, version 0.0.2.
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
            ("hashedrekord", "0.0.2", _) => spec.Object("hashedRekordV002") is var record
                && IsDigest(record.Object("data"), signature.SignedContent())
                && IsSigned(record.Object("signature"), signature, verifier),
            ("dsse", "0.0.2", not null) => spec.Object("dsseV002") is var record
                && IsDigest(record.Object("payloadHash"), signature.Payload)
                && record.Any("signatures") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1
                && IsSigned(new JsonFields($"{Structure}.signature", list[0]), signature, verifier),
            _ => throw root.Malformed("kind", $"is {kind} {version}, which is not an entry for such a signature that is read here"),
        };
    }

    private static bool IsHash(JsonFields hash, byte[] content) =>
        hash.Text("algorithm", 16) == "sha256" && hash.Text("value", 64) == Convert.ToHexStringLower(SHA256.HashData(content));

    private static bool IsDigest(JsonFields hash, byte[] content) =>
        hash.Text("algorithm", 16) == "SHA2_256" && hash.Base64("digest", SHA256.HashSizeInBytes).AsSpan().SequenceEqual(SHA256.HashData(content));

    private static bool IsSigned(JsonFields logged, ImageSignature signature, ReadOnlySpan<byte> verifier)
    {
        var by = logged.Object("verifier");
        var key = by.FindObject("x509Certificate") ?? by.Object("publicKey");
        return logged.Base64("content", MaxPem).AsSpan().SequenceEqual(signature.Signature) && key.Base64("rawBytes", MaxPem).AsSpan().SequenceEqual(verifier);
    }

    private static bool IsPem(byte[] pem, ReadOnlySpan<byte> der)
    {
        var text = Encoding.Latin1.GetString(pem);
        if (!PemEncoding.TryFind(text, out var fields))
            throw new MalformedDataException(Structure, "publicKey", 0, "is no PEM");
        return Convert.FromBase64String(text[fields.Base64Data]).AsSpan().SequenceEqual(der);
    }
}
