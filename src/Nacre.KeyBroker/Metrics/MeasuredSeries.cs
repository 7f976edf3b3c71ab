namespace Nacre.KeyBroker.Metrics;

/// <summary>One series as it was at one moment.</summary>
/// <param name="Name">As Prometheus has it.</param>
/// <param name="Labels">As Prometheus has them, without braces.</param>
/// <param name="Sum">Of the values.</param>
/// <param name="Buckets">How many values fell between two of <see cref="BrokerMetrics.Bounds"/>; null for a counter.</param>
internal sealed record MeasuredSeries(string Name, string Labels, double Sum, long[]? Buckets)
{
    public long Count => Buckets?.Sum() ?? 0;

    public bool Has(string label) => Labels.Contains(label, StringComparison.Ordinal);

    /// <param name="bound">One of <see cref="BrokerMetrics.Bounds"/>.</param>
    public long CountUpTo(double bound) => Buckets?.Take(Array.IndexOf(BrokerMetrics.Bounds, bound) + 1).Sum() ?? 0;
}
