using Nacre.Evidence;
using Nacre.Evidence.Csv;
using Nacre.Formats;

namespace Nacre.Verifiers.Csv;

/// <summary>
/// Verifies reports of Hygon CSV (evidence.md 11): chain from the pinned root to the platform's key, signature, MAC where it can be checked,
/// report data, and a guest its host cannot debug. There is no field for init data; the measurement is for policy to judge.
/// </summary>
public sealed class CsvVerifier(CsvOptions options) : IEvidenceVerifier
{
    private const uint Sm2WithSm3 = 4;

    public string Tee => TeeNames.Csv;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var checks = new CheckList();
        if (!Try(checks, () => CsvEvidence.Parse(submission.Evidence), out var evidence))
            return checks.Refuse();

        checks.Require(
            evidence!.PlatformKey.Raw.Span.SequenceEqual(evidence.Report.Signer.Raw.Span), "csv.pek", "cert_chain.pek",
            "the platform key in the report", "another one", "send the certificates that belong to the report");
        checks.Require(
            evidence.SerialNumber == evidence.Report.SerialNumber, "csv.serial_number", "serial_number", evidence.Report.SerialNumber,
            evidence.SerialNumber, "send the evidence as it was made");
        return await VerifyAsync(checks, evidence.Report, evidence.Chain, evidence.EventLog, submission, cancel);
    }

    /// <summary>The same for a report in its binary form. The evidence of <paramref name="submission"/> is not read.</summary>
    /// <param name="report">As firmware returns it, with its signer.</param>
    /// <param name="isExtended">Whether it is of version 2.</param>
    /// <param name="chain">HSK and CEK; null to ask the collateral.</param>
    /// <param name="submission">What to expect, and when.</param>
    /// <param name="cancel">Ends the wait for collateral.</param>
    public async ValueTask<Verdict> VerifyReportAsync(
        ReadOnlyMemory<byte> report, bool isExtended, HygonChain? chain, EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var checks = new CheckList();
        return Try(checks, () => CsvReport.Parse(report.Span, isExtended), out var parsed)
            ? await VerifyAsync(checks, parsed!, chain, eventLog: null, submission, cancel) : checks.Refuse();
    }

    private async ValueTask<Verdict> VerifyAsync(
        CheckList checks, CsvReport report, HygonChain? chain, byte[]? eventLog, EvidenceSubmission submission, CancellationToken cancel)
    {
        FieldBinding.Require(
            checks, "csv.report_data", "report_data", submission.ReportData, report.ReportData, mayCut: false,
            "the report was made for another challenge or another TEE key: attest again, with the nonce just received");
        if (submission.InitDataDigest is not null)
            checks.NotMade("csv.init_data", "init data", "a report of CSV has no field for it");

        RequireReport(checks, report);
        chain ??= await HygonChainLookup.RequireAsync(checks, "csv", options.Collateral, report.SerialNumber, cancel);
        if (chain is not null)
        {
            HygonChainChecks.RequireChip(checks, "csv", chain, options.Root ?? HygonRoot.Certificate);
            HygonChainChecks.RequirePlatform(checks, chain.ChipKey, report.Signer);
        }

        var events = CsvEventLog.Require(checks, report, eventLog);
        return checks.Conclude(() => [new(Tee, "cpu", new CsvClaims { Report = report, UefiEventLogs = events })]);
    }

    private void RequireReport(CheckList checks, CsvReport report)
    {
        checks.Require(
            report.SignatureUsage == HygonCertificate.PlatformUsage && report.SignatureAlgorithm == Sm2WithSm3, "csv.report.signing_key",
            "sig_usage, sig_algo", "0x1002 (PEK), 4 (SM2 with SM3)", $"0x{report.SignatureUsage:x}, {report.SignatureAlgorithm}",
            "the mask of the report was changed: send it as it was made");
        checks.Require(
            report.Signer.Key.Verify(report.Signed.Span, report.Signature), "csv.report.signature", "signature", "by the platform's key",
            report.Signer.Key.UserId, "the report was changed on its way: send it as it was made");
        if (report.IsMacRight is { } isRight)
            checks.Require(isRight, "csv.report.mac", "MAC over the signer", "HMAC-SM3 under mnonce", isRight ? "it is" : "another value", "send the report as it was made");
        else
            checks.NotMade("csv.report.mac", "MAC over the signer", "the sender removed the mask, and with it what the MAC covers");

        checks.Require(
            report.Policy.NoDebug || options.AllowDebug, "csv.debug", "policy NODBG", "set",
            report.Policy.NoDebug ? "set" : "not set: the host may read the guest", "launch the guest with NODBG");
    }

    private static bool Try<T>(CheckList checks, Func<T> parse, out T? parsed)
    {
        try
        {
            parsed = parse();
            checks.Require(true, "csv.evidence.format", "evidence");
            return true;
        }
        catch (MalformedDataException error)
        {
            parsed = default;
            return checks.Require(
                false, "csv.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of CSV", error.Rule,
                "send the evidence as the attestation agent writes it");
        }
    }
}
