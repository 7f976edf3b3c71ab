using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Nacre.Attestation.Services;
using Nacre.EndToEndTests.Peers;
using Nacre.KeyBroker;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.Reference;

namespace Nacre.EndToEndTests.Trust;

/// <summary><c>nacre serve as</c> and <c>nacre serve rvps</c> in operation: their certificates, health, end, traces and metrics.</summary>
[Trait("Group", "TrustServiceOperation")]
public sealed class ServiceOperationTests : IDisposable
{
    private const string Challenge = """{"tee":"sample","tee_params":""}""";

    private readonly PythonGrpc _python = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-service-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_directory.FullName, "data");

    [Fact]
    public async Task A_changed_certificate_is_taken_for_new_connections_and_a_bad_one_is_not()
    {
        using var files = new TlsFolder();
        var log = new LogLines();
        var first = files.Issue();
        await using var server = await AttestationServer.StartAsync(
            Options(new() { Grpc = "https://127.0.0.1:0", Rest = "https://127.0.0.1:0" }) with
            {
                ServiceTls = new()
                {
                    CertificateFile = files.CertificateFile,
                    KeyFile = files.KeyFile,
                    ReloadEvery = TimeSpan.FromMilliseconds(50),
                },
                Logs = log.Factory,
            },
            Cancel);
        foreach (var (_, address) in server.Services)
            Assert.Equal(first, await ShownAsync(address, files));
        Assert.False(File.Exists(TrustServer.CaPath(Data)));

        var second = files.Issue();
        await log.AwaitAsync("TLS files were read again", Cancel);
        foreach (var (_, address) in server.Services)
            Assert.Equal(second, await ShownAsync(address, files));

        files.Issue(writesKey: false);
        await log.AwaitAsync("do not go together", Cancel);
        Assert.Equal(second, await ShownAsync(server.Services[0].Address, files));
    }

    [Theory]
    [InlineData(true, "store ok", "token-keys ok", "clock ok", "clock-of-others ok", "collateral ok")]
    [InlineData(false, "store ok", "reference-values ok", "clock-of-others ok")]
    public async Task Readiness_uses_the_parts(bool isAttestation, params string[] parts)
    {
        await using var database = new PostgresServer();
        await database.InitializeAsync();
        var services = isAttestation ? new ServiceOptions { Grpc = "127.0.0.1:0", Rest = "http://127.0.0.1:0" }
            : new ServiceOptions { ReferenceValues = "127.0.0.1:0" };
        await using var server = await AttestationServer.StartAsync(
            Options(services) with { Store = await database.CreateDatabaseAsync(), MetricsUrl = new Uri("http://127.0.0.1:0") }, Cancel);
        using var http = new HttpClient();
        var (ready, address) = (new Uri(server.MetricsUrl!, "/readyz"), server.Services[0].Address);

        var (status, report) = await ReadyAsync(http, ready);
        Assert.Equal((HttpStatusCode.OK, "ready"), (status, (string?)report["status"]));
        Assert.Equal(parts, report["parts"]!.AsArray().Select(part => $"{part!["name"]} {part["status"]}"));
        Assert.Equal("SERVING", await HealthAsync(address));

        await database.StopAsync();
        await AwaitAsync(http, ready, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("NOT_SERVING", await HealthAsync(address));
        if (isAttestation)
            await AwaitAsync(http, new Uri($"{server.Services[1].Address}/readyz"), HttpStatusCode.ServiceUnavailable);
        using (var alive = await http.GetAsync(new Uri(server.MetricsUrl!, "/healthz"), Cancel))
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);

        await database.StartAsync();
        await AwaitAsync(http, ready, HttpStatusCode.OK);
        Assert.Equal("SERVING", await HealthAsync(address));
    }

    [Fact]
    public async Task After_the_signal_it_says_so_first_and_still_serves()
    {
        await using var server = await ServeProcess.StartAsync(
            "as", "--data", Data, "--grpc", "127.0.0.1:0", "--rest", "http://127.0.0.1:0", "--metrics-url", $"http://127.0.0.1:{TelemetryCollector.FreePort()}",
            "--drain-delay", "15", "--development");
        var grpc = server.FirstLine!["attestation on ".Length..];
        var rest = new Uri((await server.NextLineAsync())!["rest on ".Length..]);
        Assert.Equal("SERVING", await HealthAsync(grpc));

        var end = server.TerminateAsync();
        using var http = new HttpClient();
        Assert.Equal("draining", (string?)(await AwaitAsync(http, new Uri(rest, "/readyz"), HttpStatusCode.ServiceUnavailable))["status"]);
        Assert.Equal("NOT_SERVING", await HealthAsync(grpc));
        Assert.NotNull((await _python.ChallengeAsync(grpc, new() { ["inner"] = JsonNode.Parse(Challenge) }))["ok"]);
        using (var reply = await http.PostAsync(new Uri(rest, "/challenge"), new StringContent(Challenge), Cancel))
            Assert.Equal((HttpStatusCode.OK, true), (reply.StatusCode, reply.Headers.ConnectionClose));
        Assert.Equal(0, await end);
    }

    [Theory]
    [InlineData("as")]
    [InlineData("rvps")]
    public async Task A_call_that_is_under_way_is_finished(string service)
    {
        await using var server = await ServeProcess.StartAsync(service, "--data", Data, "--grpc", "127.0.0.1:0");
        var address = new Uri(server.FirstLine![(server.FirstLine!.IndexOf(" on ", StringComparison.Ordinal) + 4)..]);
        using var http = new HttpClient();
        var body = new HeldContent(GrpcFrame.Write(new ReferenceValueQueryRequest { ReferenceValueId = "a" }.ToByteArray()));
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(address, "/reference.ReferenceValueProviderService/QueryReferenceValue"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        var answer = http.SendAsync(request, HttpCompletionOption.ResponseContentRead, Cancel);
        await body.Begun.WaitAsync(Cancel);

        // The server has the head of the request before it has the signal.
        await Task.Delay(300, Cancel);
        var end = server.TerminateAsync();
        await DrainTests.AwaitRefusalAsync(address);
        body.Release();
        using var reply = await answer;

        Assert.Equal("0", reply.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(0, await end);
    }

    [Fact]
    public async Task One_that_never_ends_is_cut_after_the_time_that_was_given()
    {
        await using var server = await ServeProcess.StartAsync(
            "rvps", "--data", Data, "--grpc", "127.0.0.1:0", "--drain-timeout", "1");
        var address = new Uri(server.FirstLine!["reference-values on ".Length..]);
        using var http = new HttpClient();
        var body = new HeldContent([0]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        var answer = http.SendAsync(request, Cancel);
        await body.Begun.WaitAsync(Cancel);
        await Task.Delay(300, Cancel);

        Assert.Equal(0, await server.TerminateAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer);
    }

    [Fact]
    public async Task Calls_are_traced_and_measured_under_fixed_names()
    {
        await using var collector = new TelemetryCollector(TelemetryCollector.FreePort());
        var metrics = new Uri($"http://127.0.0.1:{TelemetryCollector.FreePort()}");
        string text;
        await using (var server = await ServeProcess.StartAsync(
            "as", "--data", Data, "--grpc", "127.0.0.1:0", "--rest", "http://127.0.0.1:0", "--development",
            "--metrics-url", metrics.ToString(), "--otlp", collector.Url.ToString()))
        {
            var grpc = server.FirstLine!["attestation on ".Length..];
            var rest = new Uri((await server.NextLineAsync())!["rest on ".Length..]);
            Assert.NotNull((await _python.RegisterAsync(grpc, """{"type":"sample","payload":"eyJwcml2YXRlIjoxfQ=="}"""))["ok"]);
            Assert.Equal("ABORTED", (string?)(await _python.ChallengeAsync(grpc, []))["code"]);
            using var http = new HttpClient();
            foreach (var path in (string[])["/policy", "/policy/very-private-name", "/very/private/name"])
                (await http.GetAsync(new Uri(rest, path), Cancel)).Dispose();
            text = await http.GetStringAsync(new Uri(metrics, "/metrics"), Cancel);
            Assert.Equal(0, await server.TerminateAsync());
        }

        foreach (var series in (string[])[
            "rpc_server_call_duration_seconds_count{rpc_method=\"reference.ReferenceValueProviderService/RegisterReferenceValue\",rpc_grpc_status_code=\"Ok\"} 1\n",
            "rpc_server_call_duration_seconds_count{rpc_method=\"attestation.AttestationService/GetAttestationChallenge\",rpc_grpc_status_code=\"Aborted\"} 1\n",
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"policy\",http_response_status_code=\"200\"} 1\n",
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"policy/{id}\",http_response_status_code=\"404\"} 1\n",
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"none\",http_response_status_code=\"404\"} 1\n",
            "nacre_reference_values{state=\"active\"} 1\n", "nacre_store_flush_duration_seconds_count "])
            Assert.Contains(series, text, StringComparison.Ordinal);
        Assert.DoesNotContain("kbs_", text, StringComparison.Ordinal);

        var call = Assert.Single(collector.Spans, span => span.Name == "reference.ReferenceValueProviderService/RegisterReferenceValue");
        Assert.Contains(collector.Spans, span => span.Trace == call.Trace && span.Name == "store write" && span.Parent != "");
        Assert.Contains(collector.Spans, span => span.Name == "GET policy/{id}");
        Assert.Contains("rpc.server.call.duration", collector.Text("/v1/metrics"), StringComparison.Ordinal);
        foreach (var told in (string[])[text, collector.Text("/v1/traces"), collector.Text("/v1/metrics"), collector.Text("/v1/logs")])
            Assert.DoesNotContain("private", told, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _python.Dispose();
        _directory.Delete(recursive: true);
    }

    private TrustServerOptions Options(ServiceOptions services) => new()
    {
        DataDirectory = Data,
        Url = new Uri("https://localhost"),
        Development = true,
        Services = services,
    };

    private async Task<string?> HealthAsync(string address)
    {
        var answer = await _python.CheckAsync(address, "");
        return (string?)answer["ok"]?["status"] ?? answer.ToJsonString();
    }

    private static async Task<(HttpStatusCode Status, JsonObject Report)> ReadyAsync(HttpClient http, Uri url)
    {
        using var reply = await http.GetAsync(url, Cancel);
        return (reply.StatusCode, JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!.AsObject());
    }

    private static async Task<JsonObject> AwaitAsync(HttpClient http, Uri url, HttpStatusCode status)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var found = await ReadyAsync(http, url);
            if (found.Status == status)
                return found.Report;
            await Task.Delay(100, limit.Token);
        }
    }

    private static async Task<string> ShownAsync(string address, TlsFolder files)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(address).Port, Cancel);
        await using var stream = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(files.Roots);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy }, Cancel);
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    /// <summary>A body of a gRPC call whose second half comes when the test says so.</summary>
    private sealed class HeldContent : HttpContent
    {
        private readonly byte[] _bytes;
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HeldContent(byte[] bytes)
        {
            _bytes = bytes;
            Headers.ContentType = new("application/grpc");
        }

        public Task Begun => _begun.Task;

        public void Release() => _released.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_bytes.AsMemory(0, 1), Cancel);
            await stream.FlushAsync(Cancel);
            _begun.TrySetResult();
            await _released.Task.WaitAsync(Cancel);
            await stream.WriteAsync(_bytes.AsMemory(1), Cancel);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
