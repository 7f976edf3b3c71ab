namespace Nacre.KeyBroker.Metrics;

/// <summary>One series as it was at one moment.</summary>
/// <param name="Name">As Prometheus has it.</param>
/// <param name="Labels">As Prometheus has them, without braces.</param>
/// <param name="Sum">Of the values.</param>
/// <param name="Bounds">Of a histogram; empty for others.</param>
/// <param name="Buckets">How many values fell between two of them; null for a counter.</param>
internal sealed record MeasuredSeries(string Name, string Labels, double Sum, double[] Bounds, long[]? Buckets)
{
    public long Count => Buckets?.Sum() ?? 0;

    public bool Has(string label) => Labels.Contains(label, StringComparison.Ordinal);

    /// <summary>The value of a label, as it stands there; null when it has none.</summary>
    public string? Label(string name)
    {
        var start = Labels.IndexOf($"{name}=\"", StringComparison.Ordinal);
        if (start < 0)
            return null;

        start += name.Length + 2;
        return Labels[start..Labels.IndexOf('"', start)];
    }

    /// <param name="bound">One of <see cref="Bounds"/>.</param>
    public long CountUpTo(double bound) => Buckets?.Take(Array.IndexOf(Bounds, bound) + 1).Sum() ?? 0;
}
