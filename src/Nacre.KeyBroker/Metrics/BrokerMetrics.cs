using System.Diagnostics.Metrics;

namespace Nacre.KeyBroker.Metrics;

/// <summary>
/// What is measured. Labels come from short fixed lists (route templates, status codes, error types): never a path, a name of a secret or
/// anything that a peer makes up.
/// </summary>
public sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "Nacre.KeyBroker";

    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _handshakes;
    private readonly Histogram<double> _storeFlushes;
    private readonly Histogram<double> _auditFlushes;
    private readonly Counter<long> _auditLines;
    private readonly Counter<long> _releases;
    private readonly Counter<long> _refusals;

    public BrokerMetrics()
    {
        _requests = Meter.CreateHistogram<double>("http.server.request.duration", "s", "Requests by route and status.");
        _handshakes = Meter.CreateHistogram<double>("nacre.handshake.duration", "s", "From the challenge to the token.");
        _storeFlushes = Meter.CreateHistogram<double>(
            "nacre.store.flush.duration", "s", "Writes to the store, until they are acknowledged.");
        _auditFlushes = Meter.CreateHistogram<double>("nacre.audit.flush.duration", "s", "Groups of audit lines, until they are on disk.");
        _auditLines = Meter.CreateCounter<long>("nacre.audit.lines", null, "Audit lines that are on disk.");
        _releases = Meter.CreateCounter<long>("nacre.releases", null, "Secrets released to guests.");
        _refusals = Meter.CreateCounter<long>("nacre.refusals", null, "Refusals by the type of the error.");
    }

    /// <summary>Of this server alone; several may run in one process.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>
    /// Asked whenever the metrics are read: reference values that count, of these those that end within 30 days, and those that ended.
    /// </summary>
    public void ObserveReferences(Func<(int Active, int Expiring, int Expired)> count) => Meter.CreateObservableGauge(
        "nacre.reference_values",
        () =>
        {
            var (active, expiring, expired) = count();
            return (Measurement<long>[])
            [
                new(active, new KeyValuePair<string, object?>("state", "active")),
                new(expiring, new KeyValuePair<string, object?>("state", "expiring")),
                new(expired, new KeyValuePair<string, object?>("state", "expired")),
            ];
        },
        null, "Reference values by state; expiring ones are active, and end within 30 days.");

    public void Request(string method, string route, int status, TimeSpan duration) => _requests.Record(
        duration.TotalSeconds, new("http.request.method", method), new("http.route", route), new("http.response.status_code", status));

    public void Handshake(TimeSpan duration) => _handshakes.Record(duration.TotalSeconds);

    public void StoreFlush(TimeSpan duration) => _storeFlushes.Record(duration.TotalSeconds);

    public void AuditFlush(int lines, TimeSpan duration)
    {
        _auditFlushes.Record(duration.TotalSeconds);
        _auditLines.Add(lines);
    }

    public void Released() => _releases.Add(1);

    public void Refused(string errorType) => _refusals.Add(1, new KeyValuePair<string, object?>("error.type", errorType));

    public void Dispose() => Meter.Dispose();
}
