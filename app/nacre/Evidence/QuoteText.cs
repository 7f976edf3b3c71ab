using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Tdx;

namespace Nacre.Cli.Evidence;

/// <summary>The fields of a quote of SGX or TDX, in its order.</summary>
internal static class QuoteText
{
    public static JsonObject Fields(DcapQuote quote)
    {
        var fields = new JsonObject
        {
            ["version"] = quote.Version,
            ["tee"] = quote.TeeType == DcapQuote.Tdx ? "TDX" : "SGX",
            ["user_data"] = Hex(quote.Header[28..]),
        };
        if (quote.TeeType == DcapQuote.Tdx)
            AddTd(fields, TdReport.Parse(quote.Body));
        else
            AddEnclave(fields, "", SgxReportBody.Parse(quote.Body));

        fields["signature"] = Hex(quote.Signature);
        fields["attestation_key"] = Hex(quote.AttestationKey);
        AddEnclave(fields, "qe_", SgxReportBody.Parse(quote.QeReport));
        fields["qe_report_signature"] = Hex(quote.QeReportSignature);
        fields["qe_auth_data"] = Hex(quote.QeAuthData);
        fields["certification_data"] = string.Create(
            CultureInfo.InvariantCulture, $"type {quote.CertificationType}, {quote.CertificationData.Length} bytes");
        fields["trailing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"{quote.Trailing.Length} bytes{(quote.Trailing.ContainsAnyExcept((byte)0) ? ", not all zero" : "")}");
        return fields;
    }

    private static void AddTd(JsonObject fields, TdReport report)
    {
        var attributes = report.Attributes;
        fields["tee_tcb_svn"] = Hex(report.TeeTcbSvn);
        fields["mr_seam"] = Hex(report.MrSeam);
        fields["mrsigner_seam"] = Hex(report.MrSignerSeam);
        fields["seam_attributes"] = Hex(report.SeamAttributes);
        fields["td_attributes"] = string.Create(
            CultureInfo.InvariantCulture,
            $"0x{attributes.Value:x16}{(attributes.IsUnderDebug ? " (debug)" : "")}{(attributes.IsMigratable ? " (migratable)" : "")}");
        fields["xfam"] = Hex(report.Xfam);
        fields["mr_td"] = Hex(report.MrTd);
        fields["mr_config_id"] = Hex(report.MrConfigId);
        fields["mr_owner"] = Hex(report.MrOwner);
        fields["mr_owner_config"] = Hex(report.MrOwnerConfig);
        for (var i = 0; i < 4; i++)
            fields[string.Create(CultureInfo.InvariantCulture, $"rtmr_{i}")] = Hex(report.Rtmr(i));
        fields["report_data"] = Hex(report.ReportData);
        if (!report.Is15)
            return;

        fields["tee_tcb_svn2"] = Hex(report.TeeTcbSvn2);
        fields["mr_servicetd"] = Hex(report.MrServiceTd);
    }

    private static void AddEnclave(JsonObject fields, string prefix, SgxReportBody report)
    {
        fields[prefix + "cpu_svn"] = Hex(report.CpuSvn);
        fields[prefix + "misc_select"] = Hex(report.MiscSelect);
        fields[prefix + "isv_ext_prod_id"] = Hex(report.IsvExtProdId);
        fields[prefix + "attributes"] = Hex(report.Attributes) + (report.IsDebug ? " (debug)" : "");
        fields[prefix + "mr_enclave"] = Hex(report.MrEnclave);
        fields[prefix + "mr_signer"] = Hex(report.MrSigner);
        fields[prefix + "config_id"] = Hex(report.ConfigId);
        fields[prefix + "isv_prod_id"] = report.IsvProdId;
        fields[prefix + "isv_svn"] = report.IsvSvn;
        fields[prefix + "isv_family_id"] = Hex(report.IsvFamilyId);
        fields[prefix + "report_data"] = Hex(report.ReportData);
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
