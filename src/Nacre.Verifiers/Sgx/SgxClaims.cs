using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Sgx;

/// <summary>The claims of an SGX enclave (trust.md 3.9, sgx; evidence.md 3.2). <see cref="SgxClaimList"/> has their names.</summary>
public sealed record SgxClaims : IEvidenceClaims
{
    /// <summary>Header of the quote.</summary>
    public required SgxHeaderClaims Header { get; init; }

    /// <summary>Report of the enclave: measurement, signer, attributes, REPORTDATA and CONFIGID.</summary>
    public required SgxReportBody Body { get; init; }

    /// <summary>Intel's word on the platform.</summary>
    public required DcapClaims Platform { get; init; }

    public JsonObject ToJson() => SgxClaimList.All.ToJson(this);

    // The body is a view of its bytes, and those of the quote may be the caller's.
    internal static SgxClaims Create(DcapQuote quote, DcapClaims platform) => new()
    {
        Header = SgxHeaderClaims.Create(quote.Header),
        Body = SgxReportBody.Parse(quote.Body.ToArray()),
        Platform = platform,
    };
}

/// <summary>Header of a quote of version 3.</summary>
public sealed record SgxHeaderClaims
{
    /// <summary>Version of the quote.</summary>
    public required ushort Version { get; init; }

    /// <summary>2 is ECDSA with P-256.</summary>
    public required ushort AttestationKeyType { get; init; }

    /// <summary>Zero.</summary>
    public required uint AttestationKeyData0 { get; init; }

    /// <summary>Version of the quoting enclave.</summary>
    public required ushort QeSvn { get; init; }

    /// <summary>Version of the provisioning certification enclave.</summary>
    public required ushort PceSvn { get; init; }

    /// <summary>Who made the quoting enclave, 16 bytes.</summary>
    public required byte[] VendorId { get; init; }

    /// <summary>20 bytes of the quoting enclave.</summary>
    public required byte[] UserData { get; init; }

    internal static SgxHeaderClaims Create(ReadOnlySpan<byte> header) => new()
    {
        Version = BinaryPrimitives.ReadUInt16LittleEndian(header),
        AttestationKeyType = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
        AttestationKeyData0 = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
        QeSvn = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]),
        PceSvn = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]),
        VendorId = header[12..28].ToArray(),
        UserData = header[28..48].ToArray(),
    };
}
