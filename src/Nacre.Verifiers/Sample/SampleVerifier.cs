using Nacre.Evidence;
using Nacre.Evidence.Sample;
using Nacre.Formats;

namespace Nacre.Verifiers.Sample;

/// <summary>
/// Accepts what anyone can write (trust.md 3.9, sample): only the binding to the report data is checked. Registered on explicit request
/// only; claims are upstream's, which its default policies know.
/// </summary>
public sealed class SampleVerifier : IEvidenceVerifier
{
    public string Tee => TeeNames.Sample;

    public ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Verify(
            submission, evidence => new(TeeNames.Sample, "cpu", SampleClaims.Create(evidence, submission.InitDataDigest))));
    }

    /// <summary>The binding to the report data, which is all there is to check.</summary>
    internal static Verdict Verify(EvidenceSubmission submission, Func<SampleEvidence, VerifiedClaims> claims)
    {
        var checks = new CheckList();
        SampleEvidence evidence;
        try
        {
            evidence = SampleEvidence.Parse(submission.Evidence);
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "sample.evidence.format", $"{error.Structure}.{error.Field}", found: error.Rule,
                remedy: "send evidence as guest.md 1.8 (sample) writes it");
            return checks.Refuse();
        }

        checks.Require(true, "sample.evidence.format", "evidence");
        if (submission.ReportData is { } expected)
        {
            var text = Convert.ToBase64String(expected);
            checks.Require(
                evidence.ReportData == text, "sample.report_data", "report_data", text, evidence.ReportData,
                "attest again, with the nonce just received");
        }
        else
        {
            checks.NotMade("sample.report_data", "report_data", "no report data is expected");
        }

        return checks.Conclude(() => [claims(evidence)]);
    }
}
