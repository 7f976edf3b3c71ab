using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.EventLogs;

namespace Nacre.Verifiers.Tdx;

/// <summary>The claims of a TD (trust.md 3.9, tdx; evidence.md 4.2). <see cref="TdxClaimList"/> has their names.</summary>
public sealed record TdxClaims : IEvidenceClaims
{
    /// <summary>Header of the quote.</summary>
    public required TdxHeaderClaims Header { get; init; }

    /// <summary>The TD report: measurements, registers, attributes, REPORTDATA and MRCONFIGID.</summary>
    public required TdReport Report { get; init; }

    /// <summary>Kind and length of the report; null before quote version 5.</summary>
    public (ushort Type, uint Size)? Body { get; init; }

    /// <summary>Intel's word on the platform.</summary>
    public required DcapClaims Platform { get; init; }

    /// <summary>The event log, which leads to the registers; null when none was sent.</summary>
    public IReadOnlyList<UefiEventClaims>? UefiEventLogs { get; init; }

    public JsonObject ToJson() => TdxClaimList.All.ToJson(this);

    // The report is a view of its bytes, and those of the quote may be the caller's.
    internal static TdxClaims Create(DcapQuote quote, DcapClaims platform) => new()
    {
        Header = TdxHeaderClaims.Create(quote.Header),
        Report = TdReport.Parse(quote.Body.ToArray()),
        Body = quote.Version >= 5 ? (quote.BodyType, (uint)quote.Body.Length) : null,
        Platform = platform,
    };
}

/// <summary>Header of a quote of version 4 or 5.</summary>
public sealed record TdxHeaderClaims
{
    /// <summary>Version of the quote.</summary>
    public required ushort Version { get; init; }

    /// <summary>2 is ECDSA with P-256.</summary>
    public required ushort AttestationKeyType { get; init; }

    /// <summary>0x81 for TDX.</summary>
    public required uint TeeType { get; init; }

    /// <summary>Zero.</summary>
    public required uint Reserved { get; init; }

    /// <summary>Who made the quoting enclave, 16 bytes.</summary>
    public required byte[] VendorId { get; init; }

    /// <summary>20 bytes of the quoting enclave.</summary>
    public required byte[] UserData { get; init; }

    internal static TdxHeaderClaims Create(ReadOnlySpan<byte> header) => new()
    {
        Version = BinaryPrimitives.ReadUInt16LittleEndian(header),
        AttestationKeyType = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
        TeeType = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
        Reserved = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
        VendorId = header[12..28].ToArray(),
        UserData = header[28..48].ToArray(),
    };
}
