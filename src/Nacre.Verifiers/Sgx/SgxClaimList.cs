using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Sgx.SgxClaims>;
using BodyClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Sgx.SgxReportBody>;
using HeaderClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Sgx.SgxHeaderClaims>;

namespace Nacre.Verifiers.Sgx;

/// <summary>The claims of an enclave, upstream's name for name: those of the quote are each field in hexadecimal, as it stands.</summary>
internal static class SgxClaimList
{
    private static readonly HeaderClaim[] s_header =
    [
        HeaderClaim.LittleEndian("version", "Version of the quote, little endian.", 2, h => h.Version),
        HeaderClaim.LittleEndian("att_key_type", "Kind of attestation key.", 2, h => h.AttestationKeyType),
        HeaderClaim.LittleEndian("att_key_data_0", "Reserved.", 4, h => h.AttestationKeyData0),
        HeaderClaim.LittleEndian("qe_svn", "Version of the quoting enclave.", 2, h => h.QeSvn),
        HeaderClaim.LittleEndian("pce_svn", "Version of the provisioning certification enclave.", 2, h => h.PceSvn),
        HeaderClaim.Hex("vendor_id", "Who made the quoting enclave.", 16, h => h.VendorId),
        HeaderClaim.Hex("user_data", "Of the quoting enclave.", 20, h => h.UserData),
    ];

    private static readonly BodyClaim[] s_body =
    [
        BodyClaim.Hex("cpu_svn", "Versions of the processor.", 16, b => b.CpuSvn),
        BodyClaim.Hex("misc_select", "MISCSELECT.", 4, b => b.MiscSelect),
        BodyClaim.Hex("reserved1", "Reserved.", 12, b => b.Reserved1),
        BodyClaim.Hex("isv_ext_prod_id", "Extended product id.", 16, b => b.IsvExtProdId),
        BodyClaim.Hex("attributes.flags", "Attributes of the enclave.", 8, b => b.Attributes[..8]),
        BodyClaim.Hex("attributes.xfrm", "Extended features of the enclave.", 8, b => b.Attributes[8..]),
        BodyClaim.Hex("mr_enclave", "Measurement of the enclave.", 32, b => b.MrEnclave),
        BodyClaim.Hex("reserved2", "Reserved.", 32, b => b.Reserved2),
        BodyClaim.Hex("mr_signer", "Who signed the enclave.", 32, b => b.MrSigner),
        BodyClaim.Hex("reserved3", "Reserved.", 32, b => b.Reserved3),
        BodyClaim.Hex("config_id", "CONFIGID.", 64, b => b.ConfigId),
        BodyClaim.Hex("isv_prod_id", "Product id, little endian.", 2, b => b.IsvProdIdBytes),
        BodyClaim.Hex("isv_svn", "Security version of the enclave, little endian.", 2, b => b.IsvSvnBytes),
        BodyClaim.Hex("config_svn", "CONFIGSVN.", 2, b => b.ConfigSvn),
        BodyClaim.Hex("reserved4", "Reserved.", 42, b => b.Reserved4),
        BodyClaim.Hex("isv_family_id", "Family id.", 16, b => b.IsvFamilyId),
        BodyClaim.Hex("report_data", "REPORTDATA.", 64, b => b.ReportData),
    ];

    public static ClaimList<SgxClaims> All { get; } = new(
        "The quote of an SGX enclave.",
        [
            Object("header", "Header of the quote.", s_header, c => c.Header),
            Object("body", "Report of the enclave.", s_body, c => c.Body),
            Hex("report_data", "REPORTDATA.", 64, c => c.Body.ReportData),
            Hex("init_data", "CONFIGID: the init-data digest, padded.", 64, c => c.Body.ConfigId),
            .. DcapClaimList.Platform.Select(claim => claim.Of<SgxClaims>(c => c.Platform)),
        ]);
}
