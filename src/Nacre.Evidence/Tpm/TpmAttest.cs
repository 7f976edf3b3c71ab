using Nacre.Formats;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// TPMS_ATTEST of type quote (TPM 2.0 Library part 2, section 10.12.12). Parsed is not verified: believe nothing here before
/// <c>TpmVerifier</c> has accepted it. The memories are slices of <see cref="Raw"/>.
/// </summary>
public sealed record TpmAttest
{
    /// <summary>TPM_GENERATED_VALUE: a restricted key signs nothing from outside that begins like this.</summary>
    public const uint Magic = 0xff54_4347;

    /// <summary>TPM_ST_ATTEST_QUOTE.</summary>
    public const ushort QuoteType = 0x8018;

    public const int MaxSize = 2048;

    private const int MaxName = 66;
    private const int MaxExtraData = 66;
    private const int MaxDigest = 64;

    /// <summary>The bytes received. The signature is checked over these.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>Qualified name of the signing key.</summary>
    public required ReadOnlyMemory<byte> QualifiedSigner { get; init; }

    /// <summary>What the caller of Quote asked to be included: the report data.</summary>
    public required ReadOnlyMemory<byte> ExtraData { get; init; }

    /// <summary>Milliseconds that the TPM was powered.</summary>
    public required ulong Clock { get; init; }

    public required uint ResetCount { get; init; }

    public required uint RestartCount { get; init; }

    /// <summary>Whether no greater value of <see cref="Clock"/> was ever reported.</summary>
    public required bool ClockSafe { get; init; }

    public required ulong FirmwareVersion { get; init; }

    public required IReadOnlyList<TpmPcrSelection> Selection { get; init; }

    /// <summary>Hash over the selected values, by the hash of the signing scheme, not of the bank.</summary>
    public required ReadOnlyMemory<byte> PcrDigest { get; init; }

    /// <exception cref="MalformedDataException">With field <c>magic</c> or <c>type</c> when it is well-formed but no quote.</exception>
    public static TpmAttest Parse(ReadOnlyMemory<byte> raw)
    {
        var r = new StructReader("tpm.attest", raw.Span);
        if (raw.Length > MaxSize)
            throw r.Malformed($"is {raw.Length} bytes long, at most {MaxSize} are allowed");

        var magic = r.UInt32BE("magic");
        if (magic != Magic)
            throw r.Malformed($"is 0x{magic:x8}, must be 0x{Magic:x8}");

        var type = r.UInt16BE("type");
        if (type != QuoteType)
            throw r.Malformed($"is 0x{type:x4}, must be 0x{QuoteType:x4} (quote)");

        var signer = Slice(raw, ref r, "qualified_signer", MaxName);
        var extraData = Slice(raw, ref r, "extra_data", MaxExtraData);
        var clock = r.UInt64BE("clock");
        var resetCount = r.UInt32BE("reset_count");
        var restartCount = r.UInt32BE("restart_count");
        var safe = r.UInt8("safe");
        if (safe > 1)
            throw r.Malformed($"is {safe}, must be 0 or 1");

        var firmware = r.UInt64BE("firmware_version");
        var selection = TpmPcrSelection.ReadList(ref r);
        var digest = Slice(raw, ref r, "pcr_digest", MaxDigest);
        r.End();

        return new()
        {
            Raw = raw,
            QualifiedSigner = signer,
            ExtraData = extraData,
            Clock = clock,
            ResetCount = resetCount,
            RestartCount = restartCount,
            ClockSafe = safe == 1,
            FirmwareVersion = firmware,
            Selection = selection,
            PcrDigest = digest,
        };
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> raw, ref StructReader reader, string field, int max)
    {
        var length = reader.Sized16BE(field, max).Length;
        return raw.Slice(reader.Offset - length, length);
    }
}
