using System.Net;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>The operator sees how it goes, and one client cannot take it all.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class MetricsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_tell_requests_releases_refusals_and_flushes_and_no_names()
    {
        await using var stage = await TrustStage.StartAsync(metrics: true);
        using var guest = stage.SampleGuest();
        await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));
        await stage.AffirmSampleAsync();
        using var affirmed = stage.SampleGuest();
        (await affirmed.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();
        using var http = new HttpClient();

        var text = await http.GetStringAsync(new Uri(stage.Server.MetricsUrl!, "/metrics"), Cancel);

        Assert.Contains("# TYPE http_server_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_route=\"kbs/v0/attest\",http_response_status_code=\"200\"} 2\n",
            text, StringComparison.Ordinal);
        Assert.Contains("nacre_handshake_duration_seconds_count 2\n", text, StringComparison.Ordinal);
        Assert.Contains("nacre_releases_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("nacre_refusals_total{error_type=\"PolicyDeny\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("nacre_store_flush_duration_seconds_bucket{le=\"+Inf\"} ", text, StringComparison.Ordinal);
        Assert.Contains("nacre_audit_flush_duration_seconds_sum ", text, StringComparison.Ordinal);
        foreach (var line in (string[])["kbs_build_info{version=\"", "kbs_auth_requests_total 2\n", "kbs_attestation_requests_total 2\n",
            "kbs_attestation_successes_total{tee_type=\"sample\"} 2\n", "kbs_attestation_errors_total 0\n", "kbs_resource_reads_total 1\n",
            "kbs_resource_writes_total 1\n", "kbs_policy_violations_total 1\n", "kbs_policy_evaluations_total 2\n",
            "kbs_http_requests_total 8\n", "kbs_http_request_duration_seconds_bucket{le=\"+Inf\"} 8\n", "kbs_policy_errors_total 0\n",
            "kbs_http_request_size_bytes_count 8\n", "kbs_http_response_size_bytes_bucket{le=\"8192\"} 8\n", "kbs_http_active_connections 0\n",
            "# TYPE kbs_attestation_failures_total counter\n", "# TYPE http_server_active_requests gauge\n",
            "http_server_request_body_size_bytes_bucket{http_route=\"kbs/v0/attest\",le=\"2097152\"} 2\n"])
            Assert.Contains(line, text, StringComparison.Ordinal);
        Assert.DoesNotContain("default/key", text, StringComparison.Ordinal);
        using var other = await http.GetAsync(new Uri(stage.Server.MetricsUrl!, "/kbs/v0/admin/resources"), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var raw = stage.RawClient();
        using var notHere = await raw.GetAsync("/metrics", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, notHere.StatusCode);
    }

    [Fact]
    public async Task A_client_that_asks_too_often_is_told_when_to_come_back()
    {
        await using var stage = await TrustStage.StartAsync(broker: new BrokerOptions { RateLimit = new(PerSecond: 1, Burst: 3, SparesLoopback: false) });
        using var http = new HandshakeMessages(stage.RawClient());
        var reply = await http.PostAsync("auth", """{"version":"0.4.0","tee":"sample","extra-params":{}}""", null);
        for (var i = 0; i < 50 && reply.IsSuccessStatusCode; i++)
        {
            reply.Dispose();
            reply = await http.PostAsync("auth", """{"version":"0.4.0","tee":"sample","extra-params":{}}""", null);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, reply.StatusCode);
        Assert.InRange(reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
        Assert.Equal((429, ErrorTypes.TooManyRequests), await HandshakeMessages.ErrorAsync(reply));
        using var health = await http.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}
