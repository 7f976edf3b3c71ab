using Nacre.Evidence;

namespace Nacre.Verifiers.Sample;

/// <summary>
/// The stand-in for a device beside the primary TEE (evidence.md 15): the evidence of <see cref="SampleVerifier"/>, believed just as little,
/// with the claims of class <c>gpu</c>.
/// </summary>
public sealed class SampleDeviceVerifier : IEvidenceVerifier
{
    public string Tee => TeeNames.SampleDevice;

    public ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(SampleVerifier.Verify(
            submission,
            evidence => new(Tee, "gpu", new SampleDeviceClaims(evidence.Svn, evidence.ReportData))));
    }
}
