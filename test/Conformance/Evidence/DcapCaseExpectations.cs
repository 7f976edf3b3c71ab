using System.Text.Json;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Tdx;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The expected values of a quote with collateral, against what the code says. A value that is not known fails.</summary>
internal static class DcapCaseExpectations
{
    private const string NotSupported = "TCB_NOT_SUPPORTED";

    public static void Require(JsonElement expected, DcapQuote quote, DcapCollateral collateral, Verdict verdict)
    {
        var (launch, current) = Evaluate(quote, collateral);
        foreach (var member in expected.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "tcb_status":
                    Assert.Equal(value.GetString(), Status(verdict) ?? launch?.Status.ToString() ?? NotSupported);
                    break;
                case "platform":
                    RequireParts(value, launch);
                    break;
                case "tcb_date":
                    Assert.Equal(value.GetString(), launch is null ? null : Iso(launch.Date));
                    break;
                case "advisory_ids":
                    Assert.Equal(
                        value.EnumerateArray().Select(id => id.GetString()).Order(StringComparer.Ordinal),
                        (launch?.AdvisoryIds ?? []).Order(StringComparer.Ordinal));
                    break;
                case "qe_identity_match":
                    AzureExpectations.RequireOutcome(verdict, "dcap.qe.identity", value.GetBoolean());
                    break;
                case "pck_revoked":
                    AzureExpectations.RequireOutcome(verdict, "dcap.pck.revocation", !value.GetBoolean());
                    break;
                case "current_svn2":
                    RequireCurrent(value, current);
                    break;
                case "fmspc":
                    Assert.Equal(value.GetString(), Convert.ToHexStringLower(collateral.TcbInfo.Fmspc));
                    break;
                case "debug":
                    // Compared by who verifies with and without debug allowed.
                    break;
                default:
                    Assert.Fail($"the expected value '{member.Name}' is not known");
                    break;
            }
        }
    }

    private static string? Status(Verdict verdict) =>
        verdict is Verified verified ? (string?)verified.Claims[0].Claims["tcb_status"] : null;

    private static (TcbResult? Launch, TcbResult? Current) Evaluate(DcapQuote quote, DcapCollateral collateral)
    {
        var chain = quote.CertificationType == 5 ? PckChainText.Parse(quote.CertificationData.Span) : collateral.PckChain!;
        var platform = PckExtensions.Parse(chain.First(certificate => certificate.Subject.CommonName is "Intel SGX PCK Certificate"));
        var qe = IsvSvnLevel.Find(collateral.QeIdentity.Levels, SgxReportBody.Parse(quote.QeReport).IsvSvn)!.Verdict;
        if (quote.TeeType == DcapQuote.Sgx)
            return (TcbEvaluation.Evaluate(collateral.TcbInfo, platform, [], qe, out _), null);

        var report = TdReport.Parse(quote.Body);
        return (TcbEvaluation.Evaluate(collateral.TcbInfo, platform, report.TeeTcbSvn, qe, out _),
            report.Is15 ? TcbEvaluation.Evaluate(collateral.TcbInfo, platform, report.TeeTcbSvn2, qe, out _) : null);
    }

    private static void RequireParts(JsonElement expected, TcbResult? result)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.Null(result);
            return;
        }

        Assert.NotNull(result);
        foreach (var member in expected.EnumerateObject())
        {
            var actual = member.Name switch
            {
                "platform" => $"\"{result.Platform.Status}\"",
                "platformDate" => $"\"{Iso(result.Platform.Date)}\"",
                "qe" => $"[\"{result.Qe.Status}\",\"{Iso(result.Qe.Date)}\"]",
                "module" => Module(result),
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            Assert.Equal($"{member.Name}={Compact(member.Value)}", $"{member.Name}={actual}");
        }
    }

    private static void RequireCurrent(JsonElement expected, TcbResult? result)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var actual = member.Name switch
            {
                "status" => $"\"{result?.Status.ToString() ?? NotSupported}\"",
                "tcb_date" => result is null ? "null" : $"\"{Iso(result.Date)}\"",
                "module" => result is null ? "null" : Module(result),
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            Assert.Equal($"{member.Name}={Compact(member.Value)}", $"{member.Name}={actual}");
        }
    }

    private static string Module(TcbResult result) =>
        $"[\"{result.ModuleId}\",\"{result.Module?.Status}\",\"{(result.Module is { } module ? Iso(module.Date) : "")}\"]";

    private static string Compact(JsonElement value) => System.Text.Json.Nodes.JsonNode.Parse(value.GetRawText())?.ToJsonString() ?? "null";

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
