using System.Diagnostics.Metrics;
using Nacre.Rpc;

namespace Nacre.KeyBroker.Metrics;

/// <summary>
/// What is measured. Labels come from short fixed lists (route templates, status codes, error types): never a path, a name of a secret or
/// anything that a peer makes up.
/// </summary>
public sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "Nacre.KeyBroker";

    /// <summary>Of histograms, in seconds: as OpenTelemetry advises, with finer steps for flushes.</summary>
    internal static readonly double[] Bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Of histograms of sizes, in bytes: upstream's, and on to the largest body that is taken.</summary>
    internal static readonly double[] SizeBounds = [32, 128, 512, 2048, 8192, 32768, 131072, 524288, 2097152];

    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _requestSizes;
    private readonly Histogram<double> _replySizes;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _attestations;
    private readonly Counter<long> _policyErrors;
    private readonly Histogram<double> _calls;
    private readonly Histogram<double> _handshakes;
    private readonly Histogram<double> _storeFlushes;
    private readonly Histogram<double> _auditFlushes;
    private readonly Counter<long> _auditLines;
    private readonly Counter<long> _releases;
    private readonly Counter<long> _refusals;
    private readonly Histogram<double> _pluginCalls;

    public BrokerMetrics()
    {
        _requests = Duration("http.server.request.duration", "Requests by route and status.");
        _requestSizes = Size("http.server.request.body.size", "Bodies of requests, as long as they say they are.");
        _replySizes = Size("http.server.response.body.size", "Bodies of replies.");
        _active = Meter.CreateUpDownCounter<long>("http.server.active_requests", null, "Requests that are served at the moment.");
        _attestations = Meter.CreateCounter<long>("nacre.attestations", null, "Evidence that was verified, by primary TEE and outcome.");
        _policyErrors = Meter.CreateCounter<long>("nacre.policy.errors", null, "Resource policies that could not decide.");
        _calls = Duration("rpc.server.call.duration", "Calls over gRPC by method and outcome.");
        _handshakes = Duration("nacre.handshake.duration", "From the challenge to the token.");
        _storeFlushes = Duration("nacre.store.flush.duration", "Writes to the store, until they are acknowledged.");
        _auditFlushes = Duration("nacre.audit.flush.duration", "Groups of audit lines, until they are on disk.");
        _auditLines = Meter.CreateCounter<long>("nacre.audit.lines", null, "Audit lines that are on disk.");
        _releases = Meter.CreateCounter<long>("nacre.releases", null, "Secrets released to guests.");
        _refusals = Meter.CreateCounter<long>("nacre.refusals", null, "Refusals by the type of the error.");
        _pluginCalls = Meter.CreateHistogram<double>("nacre.plugin.call.duration", "s", "Calls of external plugins by backend and outcome.");
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

    public void RequestBegun() => _active.Add(1);

    /// <param name="method">Of HTTP.</param>
    /// <param name="route">Template.</param>
    /// <param name="status">Of the reply.</param>
    /// <param name="duration">Until the reply.</param>
    public void Request(string method, string route, int status, TimeSpan duration) => _requests.Record(
        duration.TotalSeconds, new("http.request.method", method), new("http.route", route), new("http.response.status_code", status));

    /// <param name="route">Template.</param>
    /// <param name="request">Bytes; 0 when the request does not say.</param>
    /// <param name="reply">Bytes.</param>
    public void Bodies(string route, long request, int reply)
    {
        _requestSizes.Record(request, new KeyValuePair<string, object?>("http.route", route));
        _replySizes.Record(reply, new KeyValuePair<string, object?>("http.route", route));
    }

    public void RequestEnded() => _active.Add(-1);

    /// <param name="tee">One that is taken here.</param>
    /// <param name="isGood">Whether a token was given.</param>
    public void Attestation(string tee, bool isGood) =>
        _attestations.Add(1, new("tee", tee), new("outcome", isGood ? "attested" : "refused"));

    public void PolicyFailed() => _policyErrors.Add(1);

    /// <param name="method"><c>package.Service/Method</c>.</param>
    /// <param name="code">How it ended.</param>
    /// <param name="duration">Until the answer.</param>
    public void Call(string method, RpcCode code, TimeSpan duration) =>
        _calls.Record(duration.TotalSeconds, new("rpc.method", method), new("rpc.grpc.status_code", code.ToString()));

    public void Handshake(TimeSpan duration) => _handshakes.Record(duration.TotalSeconds);

    public void StoreFlush(TimeSpan duration) => _storeFlushes.Record(duration.TotalSeconds);

    public void AuditFlush(int lines, TimeSpan duration)
    {
        _auditFlushes.Record(duration.TotalSeconds);
        _auditLines.Add(lines);
    }

    public void Released() => _releases.Add(1);

    public void Refused(string errorType) => _refusals.Add(1, new KeyValuePair<string, object?>("error.type", errorType));

    /// <param name="backend">As the settings name it.</param>
    /// <param name="method">Of the plugin contract.</param>
    /// <param name="outcome">A code of gRPC.</param>
    /// <param name="duration">Until the answer.</param>
    public void PluginCall(string backend, string method, string outcome, TimeSpan duration) =>
        _pluginCalls.Record(
            duration.TotalSeconds, new("nacre.plugin.backend", backend), new("rpc.method", method), new("rpc.grpc.status_code", outcome));

    public void Dispose() => Meter.Dispose();

    private Histogram<double> Size(string name, string description) =>
        Meter.CreateHistogram(name, "By", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = SizeBounds });

    private Histogram<double> Duration(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds });
}
