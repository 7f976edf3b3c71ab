using Nacre.Evidence;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using Nacre.Formats;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Tdx;

namespace Nacre.Verifiers.Azure;

/// <summary>
/// Verifies the evidence of an Azure confidential VM on TDX (evidence.md 8.3): a vTPM quote by a key that the TD's quote binds, and that
/// quote itself. The TD measures Microsoft's paravisor; the guest's own state is in the vTPM's registers.
/// </summary>
public sealed class AzTdxVtpmVerifier(DcapOptions options) : IEvidenceVerifier
{
    private readonly TdxVerifier _tdx = new(options);

    public string Tee => TeeNames.AzTdxVtpm;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();

        var checks = new CheckList();
        AzureVtpmEvidence evidence;
        HclTdReport local;
        DcapQuote quote;
        TdReport report;
        try
        {
            evidence = AzureVtpmEvidence.Parse(submission.Evidence, "td_quote");
            local = HclTdReport.Parse(evidence.HclReport.HardwareReport);
            quote = TdxEvidence.ParseQuote(evidence.Endorsement);
            report = TdReport.Parse(quote.Body);
        }
        catch (MalformedDataException error)
        {
            AzureVtpmChecks.Malformed(checks, error);
            return checks.Refuse();
        }

        if (AzureVtpmChecks.Require(checks, evidence, HclReportType.Tdx, submission) is not { } attest)
            return checks.Refuse();

        AzureVtpmChecks.RequireBinding(checks, evidence.HclReport, report.ReportData);
        RequireSameTd(checks, local, report, quote);
        if (await _tdx.RequireGenuineAsync(checks, quote, report, submission.At, cancel) is not { } claims)
            return checks.Refuse();

        return checks.Conclude(() => [new(Tee, "cpu", AzTdxVtpmClaims.Create(claims, evidence, attest))]);
    }

    private static void RequireSameTd(CheckList checks, HclTdReport local, TdReport report, DcapQuote quote)
    {
        var isSame = local.IsOf(report, quote.Body.Span);
        checks.Require(
            isSame, "azure.hcl.td_report", "TDREPORT of the HCL report",
            "report data, module, attributes and launch measurements of the TD quote",
            isSame ? "the same" : "another TD or another moment", "the HCL report or the TD quote is that of another VM: read both again");
    }
}
