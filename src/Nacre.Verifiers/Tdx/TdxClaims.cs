using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using static Nacre.Verifiers.Dcap.DcapClaims;

namespace Nacre.Verifiers.Tdx;

/// <summary>The claims of a TDX quote, upstream's name for name: each is the hexadecimal of the field as it stands (evidence.md 4.2).</summary>
internal static class TdxClaims
{
    public static JsonObject Create(DcapQuote quote, TdReport report)
    {
        var header = quote.Header;
        var claims = new JsonObject
        {
            ["quote"] = new JsonObject
            {
                ["header"] = new JsonObject
                {
                    ["version"] = Hex(header[..2]),
                    ["att_key_type"] = Hex(header[2..4]),
                    ["tee_type"] = Hex(header[4..8]),
                    ["reserved"] = Hex(header[8..12]),
                    ["vendor_id"] = Hex(header[12..28]),
                    ["user_data"] = Hex(header[28..48]),
                },
                ["body"] = Body(report),
            },
            ["td_attributes"] = new JsonObject
            {
                ["debug"] = report.Attributes.IsUnderDebug,
                ["septve_disable"] = report.Attributes.SeptVeDisable,
                ["protection_keys"] = report.Attributes.ProtectionKeys,
                ["key_locker"] = report.Attributes.KeyLocker,
                ["perfmon"] = report.Attributes.PerformanceMonitoring,
            },
            ["report_data"] = Hex(report.ReportData),
            ["init_data"] = Hex(report.MrConfigId),
        };
        if (quote.Version == 5)
        {
            claims["quote"]!["type"] = Hex(quote.Raw.Span[48..50]);
            claims["quote"]!["size"] = Hex(quote.Raw.Span[50..54]);
        }

        return claims;
    }

    private static JsonObject Body(TdReport report)
    {
        var body = new JsonObject
        {
            ["tcb_svn"] = Hex(report.TeeTcbSvn),
            ["mr_seam"] = Hex(report.MrSeam),
            ["mrsigner_seam"] = Hex(report.MrSignerSeam),
            ["seam_attributes"] = Hex(report.SeamAttributes),
            ["td_attributes"] = Hex(report.TdAttributesBytes),
            ["xfam"] = Hex(report.Xfam),
            ["mr_td"] = Hex(report.MrTd),
            ["mr_config_id"] = Hex(report.MrConfigId),
            ["mr_owner"] = Hex(report.MrOwner),
            ["mr_owner_config"] = Hex(report.MrOwnerConfig),
            ["rtmr_0"] = Hex(report.Rtmr(0)),
            ["rtmr_1"] = Hex(report.Rtmr(1)),
            ["rtmr_2"] = Hex(report.Rtmr(2)),
            ["rtmr_3"] = Hex(report.Rtmr(3)),
            ["report_data"] = Hex(report.ReportData),
        };
        if (report.Is15)
        {
            body["tee_tcb_svn2"] = Hex(report.TeeTcbSvn2);
            body["mr_servicetd"] = Hex(report.MrServiceTd);
        }

        return body;
    }
}
