using Nacre.Evidence;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Tdx;
using Nacre.Formats;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Tdx;

/// <summary>
/// Verifies Intel TDX evidence with a quote of version 4 or 5 (evidence.md 2.5, 4.3, 4.4): genuine, judged by current collateral, bound to the
/// expected report data and init data, of a TD that keeps its host out, and with the event log that was measured. MRTD and the RTMRs are for
/// policy to judge, and so are MRSEAM, MRSERVICETD and the attributes other than debug.
/// </summary>
public sealed class TdxVerifier(DcapOptions options) : IEvidenceVerifier
{
    private readonly DcapVerification _dcap = new(options);

    public string Tee => TeeNames.Tdx;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        return await VerifyAsync(() => TdxEvidence.Parse(submission.Evidence), submission, cancel);
    }

    /// <summary>The same for a quote in its binary form. The evidence of <paramref name="submission"/> is not read.</summary>
    public async ValueTask<Verdict> VerifyQuoteAsync(
        ReadOnlyMemory<byte> quote, byte[]? eventLog, EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        return await VerifyAsync(() => new(TdxEvidence.ParseQuote(quote), eventLog), submission, cancel);
    }

    private async ValueTask<Verdict> VerifyAsync(Func<TdxEvidence> parse, EvidenceSubmission submission, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var checks = new CheckList();
        TdxEvidence evidence;
        TdReport report;
        try
        {
            evidence = parse();
            report = TdReport.Parse(evidence.Quote.Body);
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "tdx.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of TDX", error.Rule,
                "send the evidence as the attestation agent writes it");
            return checks.Refuse();
        }

        checks.Require(true, "tdx.evidence.format", "evidence");
        FieldBinding.Require(
            checks, "tdx.report_data", "REPORTDATA", submission.ReportData, report.ReportData, mayCut: false,
            "the quote was made for another challenge or another TEE key: attest again, with the nonce just received");
        FieldBinding.Require(
            checks, "tdx.init_data", "MRCONFIGID", submission.InitDataDigest, report.MrConfigId, mayCut: true, "the TD was launched with other init data");
        var events = TdxReportChecks.RequireEventLog(checks, report, evidence.EventLog);
        if (await RequireGenuineAsync(checks, evidence.Quote, report, submission.At, cancel) is not { } claims)
            return checks.Refuse();

        return checks.Conclude(() => [new(Tee, "cpu", claims with { UefiEventLogs = events })]);
    }

    /// <summary>
    /// All checks but those of the bindings and the log, with the claims of the quote; null when it cannot be judged at all.
    /// </summary>
    internal async ValueTask<TdxClaims?> RequireGenuineAsync(
        CheckList checks, DcapQuote quote, TdReport report, DateTimeOffset at, CancellationToken cancel)
    {
        TdxReportChecks.RequirePolicy(checks, report, options);
        if (await _dcap.RequireGenuineAsync(checks, quote, at, cancel) is not { } platform
            || RequireTcb(checks, report, platform) is not { } tcb)
            return null;

        return TdxClaims.Create(quote, DcapClaims.Create(platform, tcb.Launch, tcb.Current));
    }

    /// <summary>The judgement of the versions the TD was launched on and, from TD report 1.5 on, of those that run now.</summary>
    private (TcbResult Launch, TcbResult? Current)? RequireTcb(CheckList checks, TdReport report, DcapPlatform platform)
    {
        var info = platform.Collateral.TcbInfo;
        TdxReportChecks.RequireModule(checks, report, info, report.TeeTcbSvn[1]);
        if (Evaluate(checks, platform, report.TeeTcbSvn, "TEE_TCB_SVN") is not { } launch)
            return null;

        TcbResult? current = null;
        if (report.Is15)
        {
            current = Evaluate(checks, platform, report.TeeTcbSvn2, "TEE_TCB_SVN2");
            if (current is null || !DcapVerification.RequireStatus(checks, current.Status, options with { AcceptedStatuses = null }))
                return null;

            launch = launch with { Status = TcbStatuses.Relaunch(launch.Status, current.Status) };
        }

        return DcapVerification.RequireStatus(checks, launch.Status, options) ? (launch, current) : null;
    }

    private static TcbResult? Evaluate(CheckList checks, DcapPlatform platform, ReadOnlySpan<byte> teeTcbSvn, string field)
    {
        var result = TcbEvaluation.Evaluate(platform.Collateral.TcbInfo, platform.Chain.Platform, teeTcbSvn, platform.Qe, out var problem);
        checks.Require(
            result is not null, "dcap.tcb.level", $"versions of the platform and {field}", "at or above a level of TCB info", problem ?? "they are",
            "update the microcode, the firmware and the TDX module of the host");
        return result;
    }
}
