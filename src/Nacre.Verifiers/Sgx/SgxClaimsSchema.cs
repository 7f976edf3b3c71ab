using System.Text.Json.Nodes;
using Nacre.Verifiers.Dcap;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Sgx;

/// <summary>What <see cref="SgxClaims"/> writes, with Intel's word on the platform.</summary>
internal static class SgxClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The quote of an SGX enclave.",
        [
            Object(
                "header", "Header of the quote.",
                Hex("version", "Version of the quote, little endian.", 2),
                Hex("att_key_type", "Kind of attestation key.", 2),
                Hex("att_key_data_0", "Reserved.", 4),
                Hex("qe_svn", "Version of the quoting enclave.", 2),
                Hex("pce_svn", "Version of the provisioning certification enclave.", 2),
                Hex("vendor_id", "Who made the quoting enclave.", 16),
                Hex("user_data", "Of the quoting enclave.", 20)),
            Object(
                "body", "Report of the enclave.",
                Hex("cpu_svn", "Versions of the processor.", 16),
                Hex("misc_select", "MISCSELECT.", 4),
                Hex("reserved1", "Reserved.", 12),
                Hex("isv_ext_prod_id", "Extended product id.", 16),
                Hex("attributes.flags", "Attributes of the enclave.", 8),
                Hex("attributes.xfrm", "Extended features of the enclave.", 8),
                Hex("mr_enclave", "Measurement of the enclave.", 32),
                Hex("reserved2", "Reserved.", 32),
                Hex("mr_signer", "Who signed the enclave.", 32),
                Hex("reserved3", "Reserved.", 32),
                Hex("config_id", "CONFIGID.", 64),
                Hex("isv_prod_id", "Product id, little endian.", 2),
                Hex("isv_svn", "Security version of the enclave, little endian.", 2),
                Hex("config_svn", "CONFIGSVN.", 2),
                Hex("reserved4", "Reserved.", 42),
                Hex("isv_family_id", "Family id.", 16),
                Hex("report_data", "REPORTDATA.", 64)),
            Hex("report_data", "REPORTDATA.", 64),
            Hex("init_data", "CONFIGID: the init-data digest, padded.", 64),
            .. DcapClaimsSchema.Create(),
        ]);
}
