using System.Buffers.Binary;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Sm;

namespace Nacre.Evidence.Csv;

/// <summary>
/// An attestation report of Hygon CSV (evidence.md 11.1) with its signer: version 1, whose fields are transmitted XORed with <c>anonce</c>, or
/// version 2, in clear and with RTMRs. Fields here are in clear.
/// </summary>
public sealed record CsvReport
{
    /// <summary>What firmware fills, zeros behind the report.</summary>
    public const int PageSize = 4096;

    private const string Structure = "csv.report";
    private const int LegacySize = 336;
    private const int ExtendedSize = 1168;
    private const int SerialSize = 64;
    private const int SignerReserved = 32;
    private const int MacSize = 32;
    private const int SignerSize = HygonCertificate.Size + SerialSize + SignerReserved + MacSize;
    private const int AnonceOffset = 188;
    private const int MaskedSize = 188;
    private const int SignedLegacySize = 180;
    private const int SignedExtendedSize = 1024;

    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }

    public required byte[] UserPublicKeyDigest { get; init; }
    public required byte[] VmId { get; init; }
    public required byte[] VmVersion { get; init; }
    public required byte[] ReportData { get; init; }

    /// <summary>The nonce the guest's driver chose.</summary>
    public required byte[] Mnonce { get; init; }

    /// <summary>SM3 of what was launched.</summary>
    public required byte[] Measure { get; init; }

    public required CsvPolicy Policy { get; init; }
    public required uint SignatureUsage { get; init; }
    public required uint SignatureAlgorithm { get; init; }

    /// <summary>Of version 1; nothing signs it.</summary>
    public byte[]? Anonce { get; init; }

    /// <summary>Of version 2.</summary>
    public uint? Build { get; init; }

    public ushort? RtmrVersion { get; init; }

    /// <summary>Of version 2: RTMR0 to RTMR4, SM3.</summary>
    public IReadOnlyList<byte[]> Rtmrs { get; init; } = [];

    /// <summary>Of version 2: the bytes before and after the registers, which mean nothing yet and are claims.</summary>
    public byte[]? Reserved0 { get; init; }

    public byte[]? Reserved1 { get; init; }

    public required HygonSignature Signature { get; init; }

    /// <summary>What <see cref="Signature"/> covers, as transmitted.</summary>
    public required ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>The platform's key that signed it.</summary>
    public required HygonCertificate Signer { get; init; }

    /// <summary>Of the chip, such as <c>NZA9T14052605</c>.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>Whether the MAC over the signer is right; null where whoever sent the report had removed the mask, so that nobody can tell.</summary>
    public required bool? IsMacRight { get; init; }

    /// <summary>Whether bytes that come without a word about their version are of version 2: then they go on where version 1 ends.</summary>
    public static bool IsExtended(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= ExtendedSize + SignerSize && bytes[(LegacySize + SignerSize)..].ContainsAnyExcept((byte)0);

    /// <param name="bytes">The report and its signer, then nothing or zeros.</param>
    /// <param name="isExtended">Version 2.</param>
    /// <exception cref="MalformedDataException">The bytes are no such report.</exception>
    public static CsvReport Parse(ReadOnlySpan<byte> bytes, bool isExtended)
    {
        var size = isExtended ? ExtendedSize : LegacySize;
        var reader = new StructReader(Structure, bytes);
        var body = reader.Bytes(size, "tee_info").ToArray();
        var signer = reader.Bytes(SignerSize, "signer").ToArray();
        reader.Reserved(reader.Remaining, "(padding)");

        var signed = body[..(isExtended ? SignedExtendedSize : SignedLegacySize)];
        var anonce = body.AsSpan(AnonceOffset, 4).ToArray();
        bool? isMacRight;
        if (isExtended)
        {
            isMacRight = IsRight(signer, body.AsSpan(128, 16));
        }
        else
        {
            Unmask(body.AsSpan(0, MaskedSize), anonce);
            isMacRight = Unmask(signer, anonce, body.AsSpan(128, 16));
        }

        return Read(body, signer, isExtended) with { Signed = signed, Anonce = isExtended ? null : anonce, IsMacRight = isMacRight };
    }

    private static CsvReport Read(ReadOnlySpan<byte> body, ReadOnlySpan<byte> signer, bool isExtended)
    {
        var reader = new StructReader(Structure, body);
        var report = new CsvReport
        {
            Version = isExtended ? 2 : 1,
            UserPublicKeyDigest = reader.Bytes(32, "user_pubkey_digest").ToArray(),
            VmId = reader.Bytes(16, "vm_id").ToArray(),
            VmVersion = reader.Bytes(16, "vm_version").ToArray(),
            ReportData = reader.Bytes(64, "report_data").ToArray(),
            Mnonce = reader.Bytes(16, "mnonce").ToArray(),
            Measure = reader.Bytes(32, "measure").ToArray(),
            Policy = new(reader.UInt32LE("policy")),
            SignatureUsage = reader.UInt32LE("sig_usage"),
            SignatureAlgorithm = reader.UInt32LE("sig_algo"),
            Build = reader.UInt32LE("build") is var build && isExtended ? build : null,
            RtmrVersion = isExtended ? reader.UInt16LE("rtmr_version") : null,
            Reserved0 = isExtended ? reader.Bytes(14, "reserved0").ToArray() : null,
            Rtmrs = isExtended ? ReadRegisters(ref reader) : [],
            Reserved1 = isExtended ? reader.Bytes(656, "reserved1").ToArray() : null,
            Signature = HygonSignature.Read(ref reader, "signature"),
            Signed = default,
            Signer = HygonCertificate.Parse(signer[..HygonCertificate.Size]),
            SerialNumber = ReadSerial(signer.Slice(HygonCertificate.Size, SerialSize)),
            IsMacRight = null,
        };
        reader.End();
        return report;
    }

    private static byte[][] ReadRegisters(ref StructReader reader)
    {
        var registers = new byte[5][];
        for (var i = 0; i < registers.Length; i++)
            registers[i] = reader.Bytes(32, "rtmr").ToArray();
        return registers;
    }

    private static string ReadSerial(ReadOnlySpan<byte> field)
    {
        var text = field.TrimEnd((byte)0);
        return text.Length > 0 && !text.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)
            ? Encoding.ASCII.GetString(text) : throw new MalformedDataException(Structure, "serial_number", 0, "is not printable ASCII");
    }

    // The firmware masks certificate and serial number; CoCo's agent sends them unmasked, and its reserved bytes no longer those of the MAC.
    private static bool? Unmask(byte[] signer, byte[] anonce, ReadOnlySpan<byte> mnonce)
    {
        var usage = BinaryPrimitives.ReadUInt32LittleEndian(signer.AsSpan(HygonCertificate.UsageOffset));
        if (usage == HygonCertificate.PlatformUsage)
            return null;

        var isRight = IsRight(signer, mnonce);
        Unmask(signer.AsSpan(0, HygonCertificate.Size + SerialSize), anonce);
        return isRight;
    }

    private static void Unmask(Span<byte> masked, byte[] anonce)
    {
        for (var i = 0; i < masked.Length; i++)
            masked[i] ^= anonce[i % 4];
    }

    private static bool IsRight(ReadOnlySpan<byte> signer, ReadOnlySpan<byte> mnonce) =>
        Sm3.HmacData(mnonce, signer[..^MacSize]).AsSpan().SequenceEqual(signer[^MacSize..]);
}
