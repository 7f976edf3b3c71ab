using System.Globalization;

namespace Nacre.Benchmarks.Images;

/// <summary>Rounds of a peer and of nacre, one after the other.</summary>
internal sealed class Comparison
{
    private readonly List<Run> _peers = [];
    private readonly List<Run> _own = [];

    public long PeakResident => _own.Max(run => run.PeakResident);

    public void Add(Run peer, Run own)
    {
        _peers.Add(peer);
        _own.Add(own);
    }

    public string Rates(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"nacre {bytes / Median(_own) / 1e6:N0} MB/s, skopeo {bytes / Median(_peers) / 1e6:N0} MB/s");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"nacre {Median(_own):N2} s, peers {Median(_peers):N2} s: {Median(_own) / Median(_peers):N2}; "
        + $"processor {Processor(_own):N2} s and {Processor(_peers):N2} s: {Processor(_own) / Processor(_peers):N2}");

    private static double Median(List<Run> runs) => Median(runs.Select(run => run.Seconds));

    private static double Processor(List<Run> runs) => Median(runs.Select(run => run.Processor));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
