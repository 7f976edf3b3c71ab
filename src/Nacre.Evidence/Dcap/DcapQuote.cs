using System.Buffers.Binary;
using Nacre.Formats;

namespace Nacre.Evidence.Dcap;

/// <summary>
/// An Intel DCAP quote of version 3, 4 or 5 with an ECDSA P-256 attestation key (evidence.md 2.1 and 2.2), read strictly: every nested
/// length fits exactly. The bytes are kept as received. Reading it proves nothing; a verifier of <c>sgx</c> or <c>tdx</c> does.
/// </summary>
public sealed class DcapQuote
{
    /// <summary>Far above any quote: the buffers of hosts are 8 KiB at most.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>How much may stand after the quote in the buffer of a host.</summary>
    public const int MaxTrailing = 16 * 1024;

    public const int HeaderSize = 48;
    public const int QeReportSize = 384;

    /// <summary>TEE type of the header.</summary>
    public const uint Sgx = 0;

    /// <summary>TEE type of the header.</summary>
    public const uint Tdx = 0x81;

    private const string Structure = "dcap.quote";
    private const int KeySize = 64;
    private const int SignatureSize = 64;
    private const ushort QeReportCertification = 6;

    // Intel SGX DCAP library API, appendix A: "939a7233-f79c-4ca9-940a-0db3957f0607".
    private static ReadOnlySpan<byte> IntelVendor => [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07];

    private readonly int _bodyOffset;
    private readonly int _bodySize;
    private readonly int _authOffset;
    private readonly int _qeOffset;
    private readonly int _qeAuthLength;
    private readonly int _certificationOffset;
    private readonly int _certificationSize;

    private DcapQuote(
        ReadOnlyMemory<byte> raw, (int Offset, int Size) body, int authOffset, int qeOffset, int qeAuthLength, (int Offset, int Size) certification)
    {
        Raw = raw;
        (_bodyOffset, _bodySize) = body;
        (_authOffset, _qeOffset, _qeAuthLength) = (authOffset, qeOffset, qeAuthLength);
        (_certificationOffset, _certificationSize) = certification;
    }

    public ReadOnlyMemory<byte> Raw { get; }
    public ushort Version => BinaryPrimitives.ReadUInt16LittleEndian(Raw.Span);

    /// <summary><see cref="Sgx"/> or <see cref="Tdx"/>.</summary>
    public uint TeeType => BinaryPrimitives.ReadUInt32LittleEndian(Raw.Span[4..]);

    /// <summary>Type of the body: 1 SGX report, 2 TD report 1.0, 3 TD report 1.5. Versions 3 and 4 imply it.</summary>
    public required ushort BodyType { get; init; }

    public ReadOnlySpan<byte> Header => Raw.Span[..HeaderSize];
    public ReadOnlyMemory<byte> Body => Raw.Slice(_bodyOffset, _bodySize);

    /// <summary>What the attestation key signs: everything before the length of the authentication data.</summary>
    public ReadOnlySpan<byte> Signed => Raw.Span[..(_bodyOffset + _bodySize)];

    /// <summary>r ‖ s, big endian.</summary>
    public ReadOnlySpan<byte> Signature => Raw.Span.Slice(_authOffset, SignatureSize);

    /// <summary>x ‖ y, big endian.</summary>
    public ReadOnlySpan<byte> AttestationKey => Raw.Span.Slice(_authOffset + SignatureSize, KeySize);

    public ReadOnlyMemory<byte> QeReport => Raw.Slice(_qeOffset, QeReportSize);

    /// <summary>r ‖ s over <see cref="QeReport"/> by the key of the PCK certificate.</summary>
    public ReadOnlySpan<byte> QeReportSignature => Raw.Span.Slice(_qeOffset + QeReportSize, SignatureSize);

    public ReadOnlySpan<byte> QeAuthData => Raw.Span.Slice(_qeOffset + QeReportSize + SignatureSize + 2, _qeAuthLength);

    /// <summary>What kind of certification data follows: 5 is a chain of certificates (evidence.md 2.2).</summary>
    public required ushort CertificationType { get; init; }

    public ReadOnlyMemory<byte> CertificationData => Raw.Slice(_certificationOffset, _certificationSize);

    /// <summary>What stands after the quote: hosts hand out fixed buffers. Nothing signs it.</summary>
    public ReadOnlySpan<byte> Trailing => Raw.Span[(_certificationOffset + _certificationSize)..];

    /// <exception cref="MalformedDataException">A length, a version, a type or a reserved field is wrong.</exception>
    public static DcapQuote Parse(ReadOnlyMemory<byte> raw)
    {
        if (raw.Length > MaxSize)
            throw new MalformedDataException(Structure, "(quote)", 0, $"is {raw.Length} bytes long, at most {MaxSize} are allowed");

        var reader = new StructReader(Structure, raw.Span);
        var version = ReadHeader(ref reader);
        var (type, size) = ReadBodyDescriptor(ref reader, version);
        var body = (reader.Offset, size);
        reader.Bytes(size, "body");

        var authSize = reader.UInt32LE("auth_data_size");
        if (authSize > (uint)reader.Remaining)
            throw reader.Malformed($"is {authSize}, {reader.Remaining} bytes are left");

        var authOffset = reader.Offset;
        var end = authOffset + (int)authSize;
        reader.Bytes(SignatureSize, "signature");
        reader.Bytes(KeySize, "attestation_key");
        if (version > 3)
            ReadOuterCertification(ref reader, end);

        var qeOffset = reader.Offset;
        reader.Bytes(QeReportSize, "qe_report");
        reader.Bytes(SignatureSize, "qe_report_signature");
        var qeAuth = reader.UInt16LE("qe_auth_data_size");
        reader.Bytes(qeAuth, "qe_auth_data");
        var certificationType = reader.UInt16LE("certification_data_type");
        if (certificationType is < 1 or > 5)
            throw reader.Malformed($"is {certificationType}, must be 1 to 5");

        var certificationSize = reader.UInt32LE("certification_data_size");
        if (certificationSize != (uint)(end - reader.Offset))
            throw reader.Malformed($"is {certificationSize}, the authentication data has room for {end - reader.Offset}");

        var certification = (reader.Offset, (int)certificationSize);
        reader.Bytes((int)certificationSize, "certification_data");
        if (reader.Remaining > MaxTrailing)
            throw reader.Malformed($"is followed by {reader.Remaining} bytes, at most {MaxTrailing} are allowed");

        return new(raw, body, authOffset, qeOffset, qeAuth, certification) { BodyType = type, CertificationType = certificationType };
    }

    private static ushort ReadHeader(ref StructReader reader)
    {
        var version = reader.UInt16LE("version");
        if (version is < 3 or > 5)
            throw reader.Malformed($"is {version}, must be 3 to 5");

        var keyType = reader.UInt16LE("attestation_key_type");
        if (keyType != 2)
            throw reader.Malformed($"is {keyType}, must be 2 (ECDSA with P-256)");

        // Version 4 could carry an SGX report as well; nobody issues that, and one meaning for each version is easier to judge.
        var tee = reader.UInt32LE("tee_type");
        var expected = version == 3 ? Sgx : Tdx;
        if (tee != expected)
            throw reader.Malformed($"is 0x{tee:x}, must be 0x{expected:x} in version {version}");

        if (version == 3)
            reader.Bytes(4, "qe_svn");
        else
            reader.Reserved(4, "reserved");

        if (!reader.Bytes(16, "vendor_id").SequenceEqual(IntelVendor))
            throw reader.Malformed("is not Intel's");

        reader.Bytes(20, "user_data");
        return version;
    }

    private static (ushort Type, int Size) ReadBodyDescriptor(ref StructReader reader, ushort version)
    {
        if (version < 5)
            return version == 3 ? ((ushort)1, 384) : ((ushort)2, 584);

        var type = reader.UInt16LE("body_type");
        var size = type switch
        {
            2 => 584,
            3 => 648,
            4 => throw reader.Malformed("is 4 (TD report 1.5 extended), an unsupported body type"),
            _ => throw reader.Malformed($"is {type}, must be 2 or 3"),
        };
        var given = reader.UInt32LE("body_size");
        return given == size ? (type, size) : throw reader.Malformed($"is {given}, must be {size} for type {type}");
    }

    private static void ReadOuterCertification(ref StructReader reader, int end)
    {
        var type = reader.UInt16LE("outer_certification_type");
        if (type != QeReportCertification)
            throw reader.Malformed($"is {type}, must be {QeReportCertification} (QE report)");

        var size = reader.UInt32LE("outer_certification_size");
        if (size != end - (long)reader.Offset)
            throw reader.Malformed($"is {size}, the authentication data has room for {end - reader.Offset}");
    }
}
