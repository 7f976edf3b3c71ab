using System.Net;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A server with a collector: one id is the reference of a refusal, its trace, and the trace of its log lines.</summary>
[Trait("Group", "TrustTelemetry")]
public sealed class TelemetryTests : IDisposable
{
    private const string CallersTrace = "0af7651916cd43dd8448eb211c80319c";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-otlp-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_directory.FullName, "data");

    [Fact]
    public async Task The_reference_of_a_refusal_is_its_trace_and_callers_do_not_choose_it()
    {
        await using var collector = new TelemetryCollector(TelemetryCollector.FreePort());
        string reference;
        await using (var server = await ServeProcess.StartAsync(
            "--data", Data, "--url", "http://127.0.0.1:0", "--development", "--otlp", collector.Url.ToString()))
        {
            await PutSecretAsync(server.Url);
            using var http = new HttpClient { BaseAddress = server.Url };
            http.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-b7ad6b7169203331-01");
            reference = await ReferenceAsync(await http.GetAsync("/kbs/v0/admin/attempts", Cancel), HttpStatusCode.Unauthorized);
            using var list = await http.GetAsync("/kbs/v0/resource/very/private/name", Cancel);
            Assert.Equal(0, await server.TerminateAsync());
        }

        Assert.Equal(32, reference.Length);
        var spans = collector.Spans;
        var request = Assert.Single(spans, span => span.Trace == reference && span.Parent == "");
        Assert.Equal("GET kbs/v0/admin/attempts", request.Name);
        Assert.Equal([CallersTrace], request.LinkedTraces);
        Assert.Contains(spans, span => span.Trace == reference && span.Name == "audit append" && span.Parent != "");
        Assert.Contains(spans, span => span.Name == "store write" && span.Parent != "");
        Assert.DoesNotContain(spans, span => span.Trace == CallersTrace);
        Assert.Contains("nacre.refusals", collector.Text("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", collector.Text("/v1/metrics"), StringComparison.Ordinal);
        foreach (var signal in (string[])["/v1/traces", "/v1/metrics", "/v1/logs"])
            Assert.DoesNotContain("private", collector.Text(signal), StringComparison.Ordinal);
        Assert.Contains(
            $"\"reference\":\"{reference}\"",
            string.Concat(Directory.EnumerateFiles(Path.Combine(Data, "audit"), "*.jsonl").Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_lines_are_sent_with_the_service_that_wrote_them()
    {
        await using var collector = new TelemetryCollector(TelemetryCollector.FreePort());
        await using (var server = await ServeProcess.StartAsync(
            "--data", Data, "--url", "http://127.0.0.1:0", "--development", "--otlp", collector.Url.ToString()))
        {
            // A folder that is a file: the health check warns.
            if (Directory.Exists(Path.Combine(Data, "collateral")))
                Directory.Delete(Path.Combine(Data, "collateral"), recursive: true);
            await File.WriteAllTextAsync(Path.Combine(Data, "collateral"), "", Cancel);
            using var http = new HttpClient();
            using var ready = await http.GetAsync(new Uri(server.Url, "/readyz"), Cancel);
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
            Assert.Equal(0, await server.TerminateAsync());
        }

        Assert.Contains("collateral", collector.Text("/v1/logs"), StringComparison.Ordinal);
        Assert.Contains("nacre", collector.Text("/v1/logs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_collector_a_refusal_has_an_id_of_the_same_form()
    {
        await using var stage = await TrustStage.StartAsync();
        using var http = stage.RawClient();

        var reference = await ReferenceAsync(await http.GetAsync("/kbs/v0/admin/attempts", Cancel), HttpStatusCode.Unauthorized);

        Assert.Matches("^[0-9a-f]{32}$", reference);
        var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(reference[..12], 16));
        Assert.InRange(age, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_collector_that_is_away_disturbs_nothing()
    {
        await using var server = await ServeProcess.StartAsync(
            "--data", Data, "--url", "http://127.0.0.1:0", "--development", "--otlp", $"http://127.0.0.1:{TelemetryCollector.FreePort()}");
        using var http = new HttpClient();
        using var ready = await http.GetAsync(new Uri(server.Url, "/readyz"), Cancel);

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(0, await server.TerminateAsync());
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task PutSecretAsync(Uri server)
    {
        using var admin = new KbsAdminClient(
            KbsTransport.Create(server, roots: null), (await File.ReadAllTextAsync(Path.Combine(Data, "admin-token"), Cancel)).Trim());
        using var secret = SecretBytes.Copy("x"u8);
        await admin.PutResourceAsync(ResourceUri.Parse("kbs:///very/private/name"), secret, Cancel);
    }

    private static async Task<string> ReferenceAsync(HttpResponseMessage reply, HttpStatusCode status)
    {
        using (reply)
        {
            Assert.Equal(status, reply.StatusCode);
            return JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!["reference"]!.ToString();
        }
    }
}
