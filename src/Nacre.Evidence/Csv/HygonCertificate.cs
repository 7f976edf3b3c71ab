using Nacre.Formats;

namespace Nacre.Evidence.Csv;

/// <summary>A certificate of a chip (CEK) or of the platform (PEK), 2084 bytes (evidence.md 11.2). Reading it proves nothing.</summary>
public sealed record HygonCertificate
{
    public const int Size = 2084;
    public const uint ChipUsage = 0x1004;
    public const uint PlatformUsage = 0x1002;

    /// <summary>Where <see cref="Usage"/> stands.</summary>
    public const int UsageOffset = 8;

    private const string Structure = "csv.certificate";
    private const int BodySize = 1044;
    private const int SlotSize = 520;
    private const uint EmptySlot = 0x1000;

    // The owner's authority; its word counts for nothing here.
    private const uint OwnerUsage = 0x1001;

    public required ReadOnlyMemory<byte> Raw { get; init; }
    public required uint Usage { get; init; }
    public required HygonKey Key { get; init; }

    /// <summary>Key id of who signed it, where that is an authority.</summary>
    public required byte[] SignerId { get; init; }

    /// <summary>One or two, each with the usage of the key that made it.</summary>
    public required IReadOnlyList<(uint Usage, uint Algorithm, HygonSignature Signature)> Signatures { get; init; }

    public ReadOnlyMemory<byte> Body => Raw[..BodySize];

    /// <exception cref="MalformedDataException">The bytes are no such certificate.</exception>
    public static HygonCertificate Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new StructReader(Structure, bytes);
        reader.UInt32LE("version");
        reader.Bytes(4, "firmware");
        var usage = reader.UInt32LE("usage");
        if (usage is not (ChipUsage or PlatformUsage))
            throw reader.Malformed($"is 0x{usage:x}, must be 0x1004 (CEK) or 0x1002 (PEK)");

        reader.UInt32LE("algo");
        var key = HygonKey.Read(Structure, ref reader);
        var signerId = reader.Bytes(16, "sid").ToArray();
        reader.Bytes(608, "reserved");
        var signatures = new List<(uint, uint, HygonSignature)>();
        for (var slot = 0; slot < 2; slot++)
        {
            var (signerUsage, algorithm) = (reader.UInt32LE("sigs.usage"), reader.UInt32LE("sigs.algo"));
            if (signerUsage == EmptySlot && algorithm != 0)
                throw reader.Malformed("must be 0 in a slot without signature");

            if (signerUsage == EmptySlot)
                reader.Reserved(2 * HygonKey.FieldSize, "sigs.signature");
            else if (signerUsage is HygonAuthorityCertificate.SigningUsage or ChipUsage or OwnerUsage)
                signatures.Add((signerUsage, algorithm, HygonSignature.Read(ref reader, "sigs")));
            else
                throw new MalformedDataException(Structure, "sigs.usage", BodySize + (slot * SlotSize), $"0x{signerUsage:x} is no key that signs certificates");
            reader.Reserved(368, "sigs.reserved");
        }

        reader.End();
        return new() { Raw = bytes.ToArray(), Usage = usage, Key = key, SignerId = signerId, Signatures = signatures };
    }
}
