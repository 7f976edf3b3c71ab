using System.Globalization;
using System.Text;

namespace Nacre.KeyBroker.Metrics;

/// <summary>
/// What is measured anyway, under the names of upstream's key broker (trust.md 2.13), so that its dashboards go on. Without
/// <c>resource_path</c>: whoever asks chooses it, and it names secrets. Added up when somebody asks, never while a request runs.
/// </summary>
internal static class UpstreamMetrics
{
    private const string Requests = "http_server_request_duration_seconds";

    private static readonly double[] s_durations = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.5, 1];
    private static readonly double[] s_pluginDurations = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
    private static readonly double[] s_sizes = [32, 128, 512, 2048, 8192];

    public static void Write(StringBuilder text, IReadOnlyList<MeasuredSeries> series)
    {
        var requests = OfRoutes(series, Requests);
        WriteHead(text, "kbs_build_info", "gauge");
        WriteValue(text, "kbs_build_info", $"version=\"{typeof(UpstreamMetrics).Assembly.GetName().Version!.ToString(3)}\"", 1);
        WriteCount(text, "kbs_http_requests_total", requests.Sum(one => one.Count));
        WriteHistogram(text, "kbs_http_request_duration_seconds", s_durations, [("", requests)]);
        WriteHistogram(text, "kbs_http_request_size_bytes", s_sizes, [("", OfRoutes(series, "http_server_request_body_size_bytes"))]);
        WriteHistogram(text, "kbs_http_response_size_bytes", s_sizes, [("", OfRoutes(series, "http_server_response_body_size_bytes"))]);
        WriteHead(text, "kbs_http_active_connections", "gauge");
        WriteValue(text, "kbs_http_active_connections", "", Sum(series, "http_server_active_requests"));
        WriteHandshakes(text, series, requests);
        foreach (var (name, method) in (ReadOnlySpan<(string, string)>)[("reads", "GET"), ("writes", "POST"), ("deletes", "DELETE")])
        {
            WriteCount(text, $"kbs_resource_{name}_total", requests
                .Where(one => one.Has("http_route=\"kbs/v0/resource/") && one.Has($"http_request_method=\"{method}\"") && IsDone(one))
                .Sum(one => one.Count));
        }

        var approvals = Sum(series, "nacre_releases_total");
        var violations = Sum(series, "nacre_refusals_total", "error_type=\"PolicyDeny\"");
        WriteCount(text, "kbs_policy_evaluations_total", approvals + violations);
        WriteCount(text, "kbs_policy_approvals_total", approvals);
        WriteCount(text, "kbs_policy_violations_total", violations);
        WriteCount(text, "kbs_policy_errors_total", Sum(series, "nacre_policy_errors_total"));
        WritePlugins(text, [.. series.Where(one => one.Name == "nacre_plugin_call_duration_seconds")]);
    }

    // A refusal of evidence is a failure of its TEE; what went wrong otherwise is an error.
    private static void WriteHandshakes(StringBuilder text, IReadOnlyList<MeasuredSeries> series, List<MeasuredSeries> requests)
    {
        var auths = requests.Where(one => one.Has("http_route=\"kbs/v0/auth\"")).ToList();
        WriteCount(text, "kbs_auth_requests_total", auths.Sum(one => one.Count));
        WriteCount(text, "kbs_auth_successes_total", auths.Where(IsDone).Sum(one => one.Count));
        WriteCount(text, "kbs_auth_errors_total", auths.Where(one => !IsDone(one)).Sum(one => one.Count));

        var attests = requests.Where(one => one.Has("http_route=\"kbs/v0/attest\"")).ToList();
        var refused = Sum(series, "nacre_attestations_total", "outcome=\"refused\"");
        WriteCount(text, "kbs_attestation_requests_total", attests.Sum(one => one.Count));
        WriteCount(text, "kbs_attestation_errors_total", Math.Max(0, attests.Where(one => !IsDone(one)).Sum(one => one.Count) - refused));
        foreach (var (name, outcome) in (ReadOnlySpan<(string, string)>)[("successes", "attested"), ("failures", "refused")])
        {
            WriteHead(text, $"kbs_attestation_{name}_total", "counter");
            foreach (var one in series.Where(one => one.Name == "nacre_attestations_total" && one.Has($"outcome=\"{outcome}\"")))
                WriteValue(text, $"kbs_attestation_{name}_total", $"tee_type=\"{one.Label("tee")}\"", (long)one.Sum);
        }
    }

    // Upstream counts and times calls of Handle, and the errors of all calls.
    private static void WritePlugins(StringBuilder text, List<MeasuredSeries> calls)
    {
        var backends = calls.GroupBy(one => $"plugin_name=\"{one.Label("nacre_plugin_backend")}\"").ToList();
        WriteHead(text, "kbs_plugin_requests_total", "counter");
        foreach (var backend in backends)
            WriteValue(text, "kbs_plugin_requests_total", backend.Key, backend.Where(IsHandle).Sum(one => one.Count));
        WriteHead(text, "kbs_plugin_errors_total", "counter");
        foreach (var backend in backends)
            WriteValue(text, "kbs_plugin_errors_total", backend.Key, backend.Where(IsError).Sum(one => one.Count));
        WriteHistogram(
            text, "kbs_plugin_request_duration_seconds", s_pluginDurations,
            [.. backends.Select(one => (one.Key, one.Where(IsHandle).ToList()))]);
    }

    private static List<MeasuredSeries> OfRoutes(IReadOnlyList<MeasuredSeries> series, string name) =>
        [.. series.Where(one => one.Name == name && one.Has("http_route=\"kbs/"))];

    private static bool IsDone(MeasuredSeries series) => series.Has("http_response_status_code=\"2");

    private static bool IsHandle(MeasuredSeries series) => series.Label("rpc_method") == "Handle";

    private static bool IsError(MeasuredSeries series) => series.Label("rpc_grpc_status_code") != "Ok";

    private static long Sum(IReadOnlyList<MeasuredSeries> series, string name, string label = "") =>
        series.Where(one => one.Name == name && one.Has(label)).Sum(one => (long)one.Sum);

    private static void WriteHead(StringBuilder text, string name, string kind) =>
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {kind}\n");

    private static void WriteValue(StringBuilder text, string name, string labels, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {value}\n");

    private static void WriteCount(StringBuilder text, string name, long count)
    {
        WriteHead(text, name, "counter");
        WriteValue(text, name, "", count);
    }

    private static void WriteHistogram(
        StringBuilder text, string name, double[] bounds, IReadOnlyList<(string Labels, List<MeasuredSeries> Series)> groups)
    {
        WriteHead(text, name, "histogram");
        foreach (var (labels, series) in groups)
        {
            var before = labels.Length == 0 ? "" : $"{labels},";
            foreach (var bound in bounds)
            {
                WriteValue(
                    text, $"{name}_bucket", string.Create(CultureInfo.InvariantCulture, $"{before}le=\"{bound}\""),
                    series.Sum(one => one.CountUpTo(bound)));
            }

            var count = series.Sum(one => one.Count);
            WriteValue(text, $"{name}_bucket", $"{before}le=\"+Inf\"", count);
            WriteValue(text, $"{name}_sum", labels, series.Sum(one => one.Sum));
            WriteValue(text, $"{name}_count", labels, count);
        }
    }
}
