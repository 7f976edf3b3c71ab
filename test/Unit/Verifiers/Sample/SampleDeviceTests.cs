using Nacre.Evidence;
using Nacre.Evidence.Sample;
using Nacre.Verifiers;

namespace Nacre.UnitTests.Verifiers.Sample;

/// <summary>The stand-in for a device: bound to the report data, and only where it was allowed.</summary>
[Trait("Group", "EvidenceSample")]
public sealed class SampleDeviceTests
{
    [Fact]
    public void It_is_known_only_where_sample_evidence_was_allowed()
    {
        Assert.DoesNotContain(VerifierList.Create(new()), verifier => verifier.Tee == TeeNames.SampleDevice);
        Assert.Contains(TeeNames.SampleDevice, TeeNames.All);
    }

    [Fact]
    public async Task Its_claims_are_those_of_a_gpu()
    {
        var claims = Assert.Single(Assert.IsType<Verified>(await VerifyAsync([1, 2])).Claims);
        Assert.Equal(("sampledevice", "gpu"), (claims.Tee, claims.TeeClass));
        Assert.Equal("""{"svn":"1","report_data":"AQI="}""", claims.Claims.ToJsonString());
    }

    [Fact]
    public async Task Another_challenge_is_refused() => Assert.IsType<Refused>(await VerifyAsync([1, 2, 0]));

    private static async Task<Verdict> VerifyAsync(byte[] expected)
    {
        var verifier = Assert.Single(VerifierList.Create(new() { AllowSampleEvidence = true }), verifier => verifier.Tee == TeeNames.SampleDevice);
        return await verifier.VerifyAsync(
            new()
            {
                Evidence = new SampleEvidence { Svn = "1", ReportData = "AQI=" }.ToJson(),
                At = DateTimeOffset.UnixEpoch,
                ReportData = expected,
            },
            default);
    }
}
