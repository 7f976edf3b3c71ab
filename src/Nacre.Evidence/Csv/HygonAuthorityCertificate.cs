using Nacre.Formats;

namespace Nacre.Evidence.Csv;

/// <summary>A certificate of Hygon's root (HRK) or signing key (HSK), 832 bytes (evidence.md 11.2). Reading it proves nothing.</summary>
public sealed record HygonAuthorityCertificate
{
    public const int Size = 832;
    public const uint RootUsage = 0;
    public const uint SigningUsage = 0x13;

    private const string Structure = "csv.authority";
    private const int BodySize = 576;

    public required ReadOnlyMemory<byte> Raw { get; init; }
    public required byte[] KeyId { get; init; }

    /// <summary>The <see cref="KeyId"/> of who signed it.</summary>
    public required byte[] SignerId { get; init; }

    public required uint Usage { get; init; }
    public required HygonKey Key { get; init; }
    public required HygonSignature Signature { get; init; }

    public ReadOnlyMemory<byte> Body => Raw[..BodySize];

    /// <exception cref="MalformedDataException">The bytes are no such certificate.</exception>
    public static HygonAuthorityCertificate Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new StructReader(Structure, bytes);
        reader.UInt32LE("version");
        var keyId = reader.Bytes(16, "kid").ToArray();
        var signerId = reader.Bytes(16, "sid").ToArray();
        var usage = reader.UInt32LE("usage");
        if (usage is not (RootUsage or SigningUsage))
            throw reader.Malformed($"is 0x{usage:x}, must be 0 (HRK) or 0x13 (HSK)");

        reader.Bytes(24, "reserved");
        var key = HygonKey.Read(Structure, ref reader);
        reader.Bytes(108, "reserved");
        var signature = HygonSignature.Read(ref reader, "signature");
        reader.Reserved(112, "reserved");
        reader.End();
        return new() { Raw = bytes.ToArray(), KeyId = keyId, SignerId = signerId, Usage = usage, Key = key, Signature = signature };
    }
}
