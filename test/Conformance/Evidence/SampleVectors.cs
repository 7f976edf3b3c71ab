using Nacre.Evidence.Sample;
using Nacre.Formats;
using Nacre.Verifiers;
using Nacre.Verifiers.Sample;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of the TEE that proves nothing. The report data that is expected is that of the file named sample.json.</summary>
internal sealed class SampleVectors : IVectorSubject
{
    private static readonly SampleVerifier s_verifier = new();

    public string Tee => "sample";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        var device = file.Id.Contains("sampledevice", StringComparison.Ordinal);
        var expected = SampleEvidence.Parse(device ? bytes : file.Manifest.Read("coco-evidence/sample.json")).ReportData;
        var verdict = await s_verifier.VerifyAsync(
            new() { Evidence = bytes, At = file.EvaluateAt, ReportData = Convert.FromBase64String(expected) }, default);
        Assert.Equal(file.Verdict == "valid", verdict is Verified);
    }

    public ValueTask CheckCaseAsync(VectorEntry @case) => throw new MalformedDataException("sample", "case", 0, "no form of case is known");
}
