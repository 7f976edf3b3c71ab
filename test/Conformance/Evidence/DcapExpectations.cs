using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Tdx;
using Nacre.Verifiers;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Tdx;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The expected values of quotes and of cases, against what the code says.</summary>
internal static class DcapExpectations
{
    public static void RequireQuote(DcapQuote quote, JsonElement expected)
    {
        Assert.Equal(expected.GetProperty("quote_version").GetInt32(), quote.Version);
        Assert.Equal(expected.GetProperty("tee_type").GetString(), string.Create(CultureInfo.InvariantCulture, $"0x{quote.TeeType:x8}"));
        Assert.Equal(expected.GetProperty("length").GetInt32(), quote.Raw.Length);
        Assert.Equal(expected.GetProperty("trailing_bytes").GetInt32(), quote.Trailing.Length);
        Assert.Equal(expected.GetProperty("trailing_all_zero").GetBoolean(), !quote.Trailing.ContainsAnyExcept((byte)0));
        Assert.Equal(expected.GetProperty("header_user_data").GetString(), Convert.ToHexStringLower(quote.Header[28..]));
        Assert.Equal(expected.GetProperty("cert_data_type").GetInt32(), quote.CertificationType);
        Assert.Equal(expected.GetProperty("qe_auth_data_len").GetInt32(), quote.QeAuthData.Length);
        if (expected.TryGetProperty("body_type", out var type))
            Assert.Equal(type.GetInt32(), quote.BodyType);

        RequireQe(SgxReportBody.Parse(quote.QeReport), expected.GetProperty("qe_report"));
        if (quote.TeeType == DcapQuote.Tdx)
            RequireTdBody(quote, expected);
        else
            RequireQe(SgxReportBody.Parse(quote.Body), expected.GetProperty("body"));

        if (expected.TryGetProperty("pck", out var pck) && pck.ValueKind == JsonValueKind.Object && quote.CertificationType == 5)
            RequirePck(quote, pck);
    }

    public static void RequireCase(VectorEntry @case, JsonObject claims, Verdict verdict)
    {
        var expected = @case.Expected!.Value;
        Assert.Equal(expected.GetProperty("tcb_date").GetString(), claims["tcb_date"]!.GetValue<string>());
        if (expected.TryGetProperty("advisory_ids", out var ids))
        {
            Assert.Equal(
                ids.EnumerateArray().Select(id => id.GetString()).Order(StringComparer.Ordinal),
                claims["advisory_ids"]!.AsArray().Select(id => id!.GetValue<string>()).Order(StringComparer.Ordinal));
        }

        if (expected.TryGetProperty("qe_identity_match", out var match))
            RequireOutcome(verdict, "dcap.qe.identity", match.GetBoolean());
        if (expected.TryGetProperty("pck_revoked", out var revoked))
            RequireOutcome(verdict, "dcap.pck.revocation", !revoked.GetBoolean());
        if (expected.TryGetProperty("current_svn2", out var current))
        {
            Assert.Equal(current.GetProperty("status").GetString(), claims["tcb_status_current"]!.GetValue<string>());
            Assert.Equal(current.GetProperty("tcb_date").GetString(), claims["tcb_date_current"]!.GetValue<string>());
        }
    }

    private static void RequireTdBody(DcapQuote quote, JsonElement expected)
    {
        var report = TdReport.Parse(quote.Body);
        var body = TdxClaims.Create(quote, report)["quote"]!["body"]!;
        foreach (var field in expected.GetProperty("body").EnumerateObject())
        {
            var claim = field.Name switch
            {
                "tee_tcb_svn" => "tcb_svn",
                "rtmr0" or "rtmr1" or "rtmr2" or "rtmr3" => $"rtmr_{field.Name[4]}",
                _ => field.Name,
            };
            Assert.Equal($"{field.Name}={field.Value.GetString()}", $"{field.Name}={body[claim]}");
        }

        var bits = expected.GetProperty("td_attributes_bits");
        var attributes = report.Attributes;
        Assert.Equal(expected.GetProperty("debug").GetBoolean(), attributes.IsUnderDebug);
        Assert.Equal(bits.GetProperty("SEPT_VE_DISABLE").GetInt32() == 1, attributes.SeptVeDisable);
        Assert.Equal(bits.GetProperty("MIGRATABLE").GetInt32() == 1, attributes.IsMigratable);
        Assert.Equal(bits.GetProperty("PKS").GetInt32() == 1, attributes.ProtectionKeys);
        Assert.Equal(bits.GetProperty("KL").GetInt32() == 1, attributes.KeyLocker);
        Assert.Equal(bits.GetProperty("PERFMON").GetInt32() == 1, attributes.PerformanceMonitoring);
    }

    private static void RequireQe(SgxReportBody body, JsonElement expected)
    {
        foreach (var field in expected.EnumerateObject())
        {
            var actual = field.Name switch
            {
                "cpu_svn" => Convert.ToHexStringLower(body.CpuSvn),
                "misc_select" => Convert.ToHexStringLower(body.MiscSelect),
                "attributes" => Convert.ToHexStringLower(body.Attributes),
                "mr_enclave" => Convert.ToHexStringLower(body.MrEnclave),
                "mr_signer" => Convert.ToHexStringLower(body.MrSigner),
                "config_id" => Convert.ToHexStringLower(body.ConfigId),
                "isv_prod_id" => $"{body.IsvProdId}",
                "isv_svn" => $"{body.IsvSvn}",
                "config_svn" => $"{System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(body.ConfigSvn)}",
                "report_data" => Convert.ToHexStringLower(body.ReportData),
                _ => "(unknown)",
            };
            Assert.Equal($"{field.Name}={field.Value}", $"{field.Name}={actual}");
        }
    }

    private static void RequirePck(DcapQuote quote, JsonElement expected)
    {
        var certificates = PckChainText.Parse(quote.CertificationData.Span);
        var leaf = certificates.Single(certificate => certificate.Subject.CommonName is "Intel SGX PCK Certificate");
        var pck = PckExtensions.Parse(leaf);
        Assert.Equal(expected.GetProperty("fmspc").GetString(), Convert.ToHexStringLower(pck.Fmspc));
        Assert.Equal(expected.GetProperty("pceid").GetString(), Convert.ToHexStringLower(pck.PceId));
        Assert.Equal(expected.GetProperty("ppid").GetString(), Convert.ToHexStringLower(pck.Ppid));
        Assert.Equal(expected.GetProperty("cpusvn").GetString(), Convert.ToHexStringLower(pck.CpuSvn));
        Assert.Equal(expected.GetProperty("tcb_components").EnumerateArray().Select(svn => svn.GetByte()), pck.ComponentSvns);
        Assert.Equal(expected.GetProperty("pcesvn").GetInt32(), pck.PceSvn);
        Assert.Equal(expected.GetProperty("sgx_type").GetInt32(), pck.SgxType);
        Assert.Equal(
            expected.GetProperty("platform_instance_id").GetString(),
            pck.PlatformInstanceId is { } instance ? Convert.ToHexStringLower(instance) : null);
        Assert.Equal(expected.GetProperty("chain").EnumerateArray().Select(name => name.GetString()), certificates.Select(c => c.Subject.CommonName));
    }

    private static void RequireOutcome(Verdict verdict, string id, bool passed) =>
        Assert.Equal(passed, verdict.Checks.Single(check => check.Id == id).Outcome == CheckOutcome.Passed);
}
