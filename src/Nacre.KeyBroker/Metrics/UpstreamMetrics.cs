using System.Globalization;
using System.Text;

namespace Nacre.KeyBroker.Metrics;

/// <summary>
/// What is measured anyway, under the names of upstream's key broker (trust.md 2.13), so that its dashboards go on. Without
/// <c>resource_path</c> and <c>tee_type</c>. Added up when somebody asks, never while a request runs.
/// </summary>
internal static class UpstreamMetrics
{
    private const string Requests = "http_server_request_duration_seconds";

    private static readonly double[] s_bounds = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.5, 1];

    public static void Write(StringBuilder text, IReadOnlyList<MeasuredSeries> series)
    {
        var requests = series.Where(one => one.Name == Requests && one.Has("http_route=\"kbs/")).ToList();
        WriteInfo(text);
        WriteCount(text, "kbs_http_requests_total", requests.Sum(one => one.Count));
        WriteDuration(text, requests);
        foreach (var (name, route) in (ReadOnlySpan<(string, string)>)[("auth", "kbs/v0/auth"), ("attestation", "kbs/v0/attest")])
        {
            var of = requests.Where(one => one.Has($"http_route=\"{route}\"")).ToList();
            WriteCount(text, $"kbs_{name}_requests_total", of.Sum(one => one.Count));
            WriteCount(text, $"kbs_{name}_successes_total", of.Where(IsDone).Sum(one => one.Count));
            WriteCount(text, $"kbs_{name}_errors_total", of.Where(one => !IsDone(one)).Sum(one => one.Count));
        }

        foreach (var (name, method) in (ReadOnlySpan<(string, string)>)[("reads", "GET"), ("writes", "POST"), ("deletes", "DELETE")])
        {
            WriteCount(text, $"kbs_resource_{name}_total", requests
                .Where(one => one.Has("http_route=\"kbs/v0/resource/") && one.Has($"http_request_method=\"{method}\"") && IsDone(one))
                .Sum(one => one.Count));
        }

        var approvals = series.Where(one => one.Name == "nacre_releases_total").Sum(one => (long)one.Sum);
        var violations = series
            .Where(one => one.Name == "nacre_refusals_total" && one.Has("error_type=\"PolicyDeny\"")).Sum(one => (long)one.Sum);
        WriteCount(text, "kbs_policy_evaluations_total", approvals + violations);
        WriteCount(text, "kbs_policy_approvals_total", approvals);
        WriteCount(text, "kbs_policy_violations_total", violations);
    }

    private static bool IsDone(MeasuredSeries series) => series.Has("http_response_status_code=\"2");

    private static void WriteInfo(StringBuilder text) => text.Append(
        CultureInfo.InvariantCulture,
        $"# TYPE kbs_build_info gauge\nkbs_build_info{{version=\"{typeof(UpstreamMetrics).Assembly.GetName().Version!.ToString(3)}\"}} 1\n");

    private static void WriteCount(StringBuilder text, string name, long count) =>
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} counter\n{name} {count}\n");

    private static void WriteDuration(StringBuilder text, List<MeasuredSeries> requests)
    {
        const string Name = "kbs_http_request_duration_seconds";
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {Name} histogram\n");
        foreach (var bound in s_bounds)
            text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{le=\"{bound}\"}} {requests.Sum(one => one.CountUpTo(bound))}\n");
        var count = requests.Sum(one => one.Count);
        text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{le=\"+Inf\"}} {count}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}_sum {requests.Sum(one => one.Sum)}\n{Name}_count {count}\n");
    }
}
