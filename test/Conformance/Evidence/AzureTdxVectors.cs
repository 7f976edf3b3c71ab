using System.Text.Json;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of Azure confidential VMs on TDX. Files have no collateral, cases have.</summary>
internal sealed class AzureTdxVectors : IVectorSubject
{
    private const string NoCollateral = "dcap.collateral.present";

    public string Tee => "az-tdx-vtpm";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (!AzureDocument.IsEvidence(bytes))
        {
            Assert.Equal("parse-only", file.Verdict);
            AzureDocument.RequirePart(bytes);
            return;
        }

        // Without collateral nothing verifies; what else fails is what is wrong with the evidence itself.
        var evidence = AzureDocument.Unwrap(bytes);
        var nonce = file.Expected is { } values && values.TryGetProperty("nonce", out var hex)
            ? Convert.FromHexString(hex.GetString()!) : null;
        var verdict = Assert.IsType<Refused>(await VerifyAsync(new(), evidence, file.EvaluateAt, nonce));
        var failures = verdict.Failures.Where(check => check.Id != NoCollateral).ToArray();
        switch (file.Verdict)
        {
            case "valid":
                Assert.Empty(failures);
                break;
            case "invalid":
                Assert.NotEmpty(failures);
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }

        if (file.Expected is { } expected)
            AzureExpectations.Require(AzureVtpmEvidence.Parse(evidence, "td_quote"), verdict, expected, RequireProcessor);
    }

    public async ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var evidence = AzureDocument.Unwrap(@case.Input("evidence")!);
        var collateral = DcapVectors.Collateral(@case, IntelRoot.KeyDigest);
        var options = new DcapOptions { Collateral = new MemoryDcapCollateral(collateral) };
        var verdict = await VerifyAsync(options, evidence, @case.EvaluateAt, reportData: null);
        if (!@case.Verdict.StartsWith("tcb:", StringComparison.Ordinal))
        {
            Assert.StartsWith("refuse", @case.Verdict, StringComparison.Ordinal);
            Assert.IsType<Refused>(verdict);
            return;
        }

        Assert.True(verdict is Verified, string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));
        var claims = ((Verified)verdict).Claims[0].Claims;
        var parsed = AzureVtpmEvidence.Parse(evidence, "td_quote");
        Assert.Equal(@case.Verdict["tcb:".Length..], claims["tcb_status"]!.GetValue<string>());
        Assert.Equal(Convert.ToHexStringLower(parsed.Pcrs[8]), claims["init_data"]!.GetValue<string>());
        Assert.Equal(Convert.ToHexStringLower(parsed.Pcrs[0]), claims["tpm"]!["pcr00"]!.GetValue<string>());
        if (@case.Expected is { } expected)
            DcapCaseExpectations.Require(expected, TdxEvidence.ParseQuote(parsed.Endorsement), collateral, verdict);

        // The same evidence for another challenge, and after the collateral's end.
        Assert.IsType<Refused>(await VerifyAsync(options, evidence, @case.EvaluateAt, [1, 2, 3]));
        if (@case.Find("collateral_fresh") is { } fresh)
            Assert.IsType<Refused>(
                await VerifyAsync(options, evidence, fresh.GetProperty("until").GetDateTimeOffset().AddDays(1), reportData: null));
    }

    private static ValueTask<Verdict> VerifyAsync(DcapOptions options, byte[] evidence, DateTimeOffset at, byte[]? reportData) =>
        new AzTdxVtpmVerifier(options).VerifyAsync(new() { Evidence = evidence, At = at, ReportData = reportData }, default);

    private static bool RequireProcessor(AzureVtpmEvidence evidence, Verdict verdict, string name, JsonElement expected)
    {
        if (name != "td_quote")
            return false;

        var quote = TdxEvidence.ParseQuote(evidence.Endorsement);
        var report = TdReport.Parse(quote.Body);
        foreach (var member in expected.EnumerateObject())
        {
            if (member.Name == "crypto")
            {
                DcapExpectations.RequireCrypto(verdict, member.Value);
                continue;
            }

            var actual = member.Name switch
            {
                "fmspc" => Convert.ToHexStringLower(PckExtensions.Parse(PckChainText.Parse(quote.CertificationData.Span)[0]).Fmspc),
                "mr_td" => Convert.ToHexStringLower(report.MrTd),
                "tee_tcb_svn" => Convert.ToHexStringLower(report.TeeTcbSvn),
                "report_data" => Convert.ToHexStringLower(report.ReportData),
                "trailing" => $"{quote.Trailing.Length}",
                "trailing_zero" => $"{!quote.Trailing.ContainsAnyExcept((byte)0)}",
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
            };
            Assert.Equal($"{member.Name}={member.Value}", $"{member.Name}={actual}");
        }

        return true;
    }
}
