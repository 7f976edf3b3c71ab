using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Nacre.KeyBroker.Metrics;

/// <summary>Collects what a meter measures and writes it in the text format of Prometheus (version 0.0.4). Bounded in series.</summary>
public sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const int MaxSeries = 4096;

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string Name, string Labels), Series> _series = [];

    private readonly bool _isBroker;

    /// <param name="meter">What is collected.</param>
    /// <param name="isBroker">Upstream's names for a key broker are written too.</param>
    public PrometheusText(Meter meter, bool isBroker)
    {
        _isBroker = isBroker;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        lock (_gate)
        {
            var last = "";
            foreach (var ((name, labels), series) in _series)
            {
                if (name != last)
                    series.WriteHead(text, name);
                last = name;
                series.Write(text, name, labels);
            }

            if (_isBroker)
                UpstreamMetrics.Write(text, [.. _series.Select(one => one.Value.Measured(one.Key.Name, one.Key.Labels))]);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var bounds = instrument is not Histogram<double> ? [] : instrument.Unit == "By" ? BrokerMetrics.SizeBounds : BrokerMetrics.Bounds;
        var isGauge = instrument is ObservableGauge<long>;
        var name = instrument.Name.Replace('.', '_') + instrument switch
        {
            Histogram<double> => instrument.Unit == "By" ? "_bytes" : "_seconds",
            ObservableGauge<long> or UpDownCounter<long> => "",
            _ => "_total",
        };
        var labels = Labels(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue((name, labels), out var series))
            {
                if (_series.Count >= MaxSeries)
                    return;
                _series.Add((name, labels), series = new Series(instrument, bounds));
            }

            if (isGauge)
                series.Set(value);
            else
                series.Add(value);
        }
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";

        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)!
                .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length == 0 ? "" : ",").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }

        return text.ToString();
    }

    private sealed class Series(Instrument instrument, double[] bounds)
    {
        private double _sum;

        public Instrument Instrument { get; } = instrument;

        public long[]? Buckets { get; } = bounds.Length == 0 ? null : new long[bounds.Length + 1];

        public MeasuredSeries Measured(string name, string labels) => new(name, labels, _sum, bounds, Buckets);

        private string Kind => Buckets is not null ? "histogram"
            : Instrument is ObservableGauge<long> or UpDownCounter<long> ? "gauge" : "counter";

        public void Set(double value) => _sum = value;

        public void Add(double value)
        {
            _sum += value;
            if (Buckets is null)
                return;

            var index = Array.BinarySearch(bounds, value);
            Buckets[index < 0 ? ~index : index]++;
        }

        public void WriteHead(StringBuilder text, string name) => text.Append(
            CultureInfo.InvariantCulture,
            $"# HELP {name} {Instrument.Description}\n# TYPE {name} {Kind}\n");

        public void Write(StringBuilder text, string name, string labels)
        {
            var braces = labels.Length == 0 ? "" : $"{{{labels}}}";
            if (Buckets is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{braces} {_sum}\n");
                return;
            }

            var count = 0L;
            for (var i = 0; i < Buckets.Length; i++)
            {
                count += Buckets[i];
                var bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                var comma = labels.Length == 0 ? "" : ",";
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{braces} {_sum}\n{name}_count{braces} {count}\n");
        }
    }
}
