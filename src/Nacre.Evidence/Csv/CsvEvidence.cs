using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Csv;

/// <summary>The evidence of TEE <c>csv</c> on the wire (guest.md 1.8): a page of firmware as numbers, certificates as JSON, perhaps an event log.</summary>
public sealed record CsvEvidence
{
    private const int MaxSize = 2 * 1024 * 1024;
    private const int MaxEventLog = 512 * 1024;
    private const string Structure = "csv.evidence";
    private const int MagicSize = 16;

    private static readonly byte[] s_extended = [.. "ATTESTATION_EXT\0"u8];

    public required CsvReport Report { get; init; }

    /// <summary>As the guest sent it; the report has its own.</summary>
    public required HygonCertificate PlatformKey { get; init; }

    /// <summary>Null when the guest did not fetch them.</summary>
    public HygonChain? Chain { get; init; }

    public required string SerialNumber { get; init; }

    public byte[]? EventLog { get; init; }

    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static CsvEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("attestation_report", "cert_chain", "serial_number", "cc_eventlog");
        var certificates = root.Object("cert_chain");
        certificates.Only("hsk_cek", "pek");
        return new()
        {
            Report = ReadReport(root.Object("attestation_report")),
            PlatformKey = HygonCertificateJson.ReadCertificate(certificates.Object("pek")),
            Chain = certificates.FindObject("hsk_cek") is { } chain ? ReadChain(chain) : null,
            SerialNumber = System.Text.Encoding.ASCII.GetString(HygonCertificateJson.Bytes(root, "serial_number", 64).AsSpan().TrimEnd((byte)0)),
            EventLog = root.Find("cc_eventlog") is null ? null : root.Base64("cc_eventlog", MaxEventLog),
        };
    }

    private static CsvReport ReadReport(JsonFields fields)
    {
        fields.Only("magic", "flags", "data");
        var magic = HygonCertificateJson.Bytes(fields, "magic", MagicSize);
        var isExtended = magic.AsSpan().SequenceEqual(s_extended);
        if (!isExtended && magic.AsSpan().ContainsAnyExcept((byte)0))
            throw fields.Malformed("magic", "is neither empty nor that of an extended report");

        var flags = HygonCertificateJson.Number(fields, "flags");
        if (flags != (isExtended ? 1u : 0u))
            throw fields.Malformed("flags", $"is {flags}, which does not go with the magic");

        return CsvReport.Parse(HygonCertificateJson.Bytes(fields, "data", CsvReport.PageSize), isExtended);
    }

    private static HygonChain ReadChain(JsonFields fields)
    {
        fields.Only("hsk", "cek");
        return new(HygonCertificateJson.ReadAuthority(fields.Object("hsk")), HygonCertificateJson.ReadCertificate(fields.Object("cek")));
    }
}

/// <summary>The certificates between Hygon's root and a platform.</summary>
/// <param name="SigningKey">HSK, signed by the root.</param>
/// <param name="ChipKey">CEK, signed by the HSK.</param>
public sealed record HygonChain(HygonAuthorityCertificate SigningKey, HygonCertificate ChipKey)
{
    /// <summary>Of both, one after the other.</summary>
    public const int Size = HygonAuthorityCertificate.Size + HygonCertificate.Size;

    /// <summary>HSK and CEK one after the other, as Hygon's service sends them.</summary>
    /// <exception cref="MalformedDataException">The bytes are no such pair.</exception>
    public static HygonChain Parse(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new(HygonAuthorityCertificate.Parse(bytes[..HygonAuthorityCertificate.Size]), HygonCertificate.Parse(bytes[HygonAuthorityCertificate.Size..]))
        : throw new MalformedDataException("csv.hsk_cek", "(pair)", 0, $"is {bytes.Length} bytes long, must be {Size}");

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public byte[] ToBytes() => [.. SigningKey.Raw.Span, .. ChipKey.Raw.Span];
}
