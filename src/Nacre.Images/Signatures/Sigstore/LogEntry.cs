using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Nacre.Formats.Json;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>
/// An entry of a transparency log (Rekor) as it came with a signature: what was logged, when, and the log's word for it. Nothing of it is
/// believed before <see cref="LogEntryCheck"/>.
/// </summary>
/// <param name="Body">The entry as the log canonicalized it.</param>
/// <param name="IntegratedTime">Seconds since 1970; 0 in a log that keeps no time (Rekor v2).</param>
/// <param name="LogId">SHA-256 of the log's key, in a log that keeps the time.</param>
/// <param name="LogIndex">Its number in the log.</param>
internal sealed record LogEntry(byte[] Body, long IntegratedTime, byte[] LogId, long LogIndex)
{
    private const int MaxBody = 128 * 1024;
    private const int MaxSignature = 1024;

    /// <summary>The log's signature over all of this; null when the entry came without.</summary>
    public byte[]? SignedTimestamp { get; private init; }

    public InclusionProof? Proof { get; private init; }

    /// <summary>Annotation <c>dev.sigstore.cosign/bundle</c> (cosign's RekorBundle).</summary>
    public static LogEntry ReadAnnotation(ReadOnlyMemory<byte> json)
    {
        const string structure = "cosign.bundle";
        using var document = StrictJson.Parse(json, structure, 2 * MaxBody);
        var root = new JsonFields(structure, document.RootElement);
        var payload = root.Object("Payload");
        var logId = new byte[payload.Text("logID", 64).Length / 2];
        if (Convert.FromHexString(payload.Text("logID", 64), logId, out _, out _) != OperationStatus.Done)
            throw payload.Malformed("logID", "must be hexadecimal");
        return new(payload.Base64("body", MaxBody), Number(payload, "integratedTime"), logId, Number(payload, "logIndex"))
        {
            SignedTimestamp = root.Base64("SignedEntryTimestamp", MaxSignature),
        };
    }

    /// <summary>A <c>TransparencyLogEntry</c> of a Sigstore bundle.</summary>
    public static LogEntry ReadBundle(JsonFields entry) => new(
        entry.Base64("canonicalizedBody", MaxBody), Number(entry, "integratedTime"), entry.Object("logId").Base64("keyId", 32), Number(entry, "logIndex"))
    {
        SignedTimestamp = entry.FindObject("inclusionPromise")?.Base64("signedEntryTimestamp", MaxSignature),
        Proof = entry.FindObject("inclusionProof") is { } proof ? InclusionProof.Read(proof) : null,
    };

    /// <summary>What the log signs: canonical JSON of four members.</summary>
    public byte[] SignedContent() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"body":"{{Convert.ToBase64String(Body)}}","integratedTime":{{IntegratedTime}},"logID":"{{Convert.ToHexStringLower(LogId)}}","logIndex":{{LogIndex}}}"""));

    /// <summary>A whole number; 64-bit ones are strings in the JSON of protobuf. An absent one is 0 there.</summary>
    internal static long Number(JsonFields fields, string name)
    {
        if (fields.Find(name) is not { } value)
            return 0;
        var isNumber = value.ValueKind == JsonValueKind.String
            ? long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            : TryNumber(value, out number);
        return isNumber && number >= 0 ? number : throw fields.Malformed(name, "must be a whole number, 0 or more");
    }

    private static bool TryNumber(JsonElement value, out long number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number);
    }
}
