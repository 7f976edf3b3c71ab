using System.Globalization;
using Nacre.Evidence;
using Nacre.Evidence.HygonDcu;
using Nacre.Formats;
using Nacre.Verifiers.Csv;

namespace Nacre.Verifiers.HygonDcu;

/// <summary>
/// Verifies reports of Hygon's accelerators (evidence.md 11.3): each is signed by the key of its chip (CEK), whose certificates lead to the
/// pinned root, and holds the report data, without which nothing is believed. One piece of claims for each, class <c>dcu</c>.
/// </summary>
public sealed class HygonDcuVerifier(CsvOptions options) : IEvidenceVerifier
{
    private const string Prefix = "hygondcu";

    public string Tee => TeeNames.HygonDcu;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var checks = new CheckList();
        HygonDcuEvidence evidence;
        try
        {
            evidence = HygonDcuEvidence.Parse(submission.Evidence);
            checks.Require(true, "hygondcu.evidence.format", "evidence");
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "hygondcu.evidence.format", $"{error.Structure}.{error.Field}", "the evidence of Hygon's accelerators", error.Rule,
                "send the evidence as the attestation agent writes it");
            return checks.Refuse();
        }

        if (submission.InitDataDigest is not null)
            checks.NotMade("hygondcu.init_data", "init data", "a report of an accelerator has no field for it");

        foreach (var report in evidence.Reports)
            await RequireAsync(checks, report, submission, cancel);

        RequireDistinct(checks, evidence);
        return checks.Conclude(() => [.. evidence.Reports.Select(report => new VerifiedClaims(Tee, "dcu", new HygonDcuClaims(report)))]);
    }

    private async ValueTask RequireAsync(CheckList checks, HygonDcuReport report, EvidenceSubmission submission, CancellationToken cancel)
    {
        // As upstream: a report that answers no challenge may be of yesterday, and of a device that was sold.
        if (submission.ReportData is null)
            checks.Require(false, "hygondcu.user_data", "user_data", "report data to compare with", "none is expected", "ask with report data");
        else
            FieldBinding.Require(
                checks, "hygondcu.user_data", "user_data", submission.ReportData, report.UserData, mayCut: false,
                "the report was made for another challenge or another TEE key: attest again, with the nonce just received");

        if (!checks.Require(
            report.SerialNumber is not null, "hygondcu.chip_id", "chip_id", "a serial number", Convert.ToHexStringLower(report.ChipId),
            "send the report as the device made it"))
            return;

        var chain = await HygonChainLookup.RequireAsync(checks, Prefix, options.Collateral, report.SerialNumber!, cancel);
        if (chain is null)
            return;

        HygonChainChecks.RequireChip(checks, Prefix, chain, options.Root ?? HygonRoot.Certificate);
        checks.Require(
            chain.ChipKey.Key.Verify(report.GetSigned(), report.Signature), "hygondcu.report.signature", "sig", $"by the key of chip {report.SerialNumber}",
            "another signature", "send the report as the device made it");
    }

    // One device that is shown twice must not count as two.
    private static void RequireDistinct(CheckList checks, HygonDcuEvidence evidence)
    {
        var distinct = evidence.Reports.Select(report => Convert.ToHexStringLower(report.ChipId)).Distinct().Count();
        checks.Require(
            distinct == evidence.Reports.Count, "hygondcu.distinct", "chip_id of all reports", Number(evidence.Reports.Count), Number(distinct),
            "send one report of each device");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
