using Nacre.Evidence;
using Nacre.Evidence.Sample;

namespace Nacre.Attesters.Sample;

/// <summary>Evidence that proves nothing (guest.md 1.8, sample). Only ever made when it was asked for by name.</summary>
public sealed class SampleAttester : IAttester
{
    public string Tee => TeeNames.Sample;

    public ValueTask<byte[]> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(new SampleEvidence { Svn = "1", ReportData = Convert.ToBase64String(reportData.Span) }.ToJson());
    }
}
