using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using static Nacre.Verifiers.Dcap.DcapClaims;

namespace Nacre.Verifiers.Sgx;

/// <summary>The claims of an SGX quote, upstream's name for name: each is the hexadecimal of the field as it stands (evidence.md 3.2).</summary>
internal static class SgxClaims
{
    public static JsonObject Create(DcapQuote quote, SgxReportBody body)
    {
        var header = quote.Header;
        return new()
        {
            ["header"] = new JsonObject
            {
                ["version"] = Hex(header[..2]),
                ["att_key_type"] = Hex(header[2..4]),
                ["att_key_data_0"] = Hex(header[4..8]),
                ["qe_svn"] = Hex(header[8..10]),
                ["pce_svn"] = Hex(header[10..12]),
                ["vendor_id"] = Hex(header[12..28]),
                ["user_data"] = Hex(header[28..48]),
            },
            ["body"] = new JsonObject
            {
                ["cpu_svn"] = Hex(body.CpuSvn),
                ["misc_select"] = Hex(body.MiscSelect),
                ["reserved1"] = Hex(body.Reserved1),
                ["isv_ext_prod_id"] = Hex(body.IsvExtProdId),
                ["attributes.flags"] = Hex(body.Attributes[..8]),
                ["attributes.xfrm"] = Hex(body.Attributes[8..]),
                ["mr_enclave"] = Hex(body.MrEnclave),
                ["reserved2"] = Hex(body.Reserved2),
                ["mr_signer"] = Hex(body.MrSigner),
                ["reserved3"] = Hex(body.Reserved3),
                ["config_id"] = Hex(body.ConfigId),
                ["isv_prod_id"] = Hex(body.IsvProdIdBytes),
                ["isv_svn"] = Hex(body.IsvSvnBytes),
                ["config_svn"] = Hex(body.ConfigSvn),
                ["reserved4"] = Hex(body.Reserved4),
                ["isv_family_id"] = Hex(body.IsvFamilyId),
                ["report_data"] = Hex(body.ReportData),
            },
            ["report_data"] = Hex(body.ReportData),
            ["init_data"] = Hex(body.ConfigId),
        };
    }
}
