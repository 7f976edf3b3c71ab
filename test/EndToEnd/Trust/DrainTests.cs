using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A server that is told to stop turns away what is new and cuts nothing that runs.</summary>
[Trait("Group", "TrustDrain")]
public sealed class DrainTests : IDisposable
{
    private const string Auth = """{"version":"0.4.0","tee":"sample","extra-params":{}}""";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-drain-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_directory.FullName, "data");

    // The clients turn away when the server says that it drains, as load balancers do: what is on its way in the moment in which a server
    // stops listening is lost, whatever the server does.
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Under_load_no_request_is_cut(string version)
    {
        await using var server = await ServeProcess.StartAsync(
            "--data", Data, "--url", "https://127.0.0.1:0", "--development", "--drain-delay", "2", "--rate-limit", "0");
        var (answered, cut) = (0, new List<string>());
        using var draining = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var http = Client(server.Url, new Version(version));
            while (!draining.IsCancellationRequested)
            {
                try
                {
                    using var body = new StringContent(Auth, Encoding.UTF8, "application/json");
                    using var reply = await http.PostAsync(new Uri(server.Url, "/kbs/v0/auth"), body, Cancel);
                    Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
                    if (Interlocked.Increment(ref answered) == 200)
                        started.SetResult();
                }
                catch (HttpRequestException e)
                {
                    lock (cut)
                        cut.Add(e.ToString());
                    return;
                }
            }
        }, Cancel)).ToArray();
        await started.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);

        var before = Volatile.Read(ref answered);
        var end = server.TerminateAsync();
        using (var probe = Client(server.Url, HttpVersion.Version11))
            await AwaitDrainingAsync(probe, server.Url);
        await draining.CancelAsync();
        await Task.WhenAll(workers);

        Assert.True(cut.Count == 0, string.Join("\n\n", cut));
        Assert.Equal(0, await end);
        Assert.InRange(answered, before + 1, int.MaxValue);
    }

    [Fact]
    public async Task A_request_that_is_under_way_is_finished()
    {
        await using var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0", "--development");
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port, Cancel);
        await using var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = Policy() }, Cancel);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /kbs/v0/auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Auth.Length}\r\n\r\n{Auth[..20]}"), Cancel);
        await stream.FlushAsync(Cancel);

        // The server has the head of the request before it has the signal.
        await Task.Delay(300, Cancel);
        var end = server.TerminateAsync();
        await AwaitRefusalAsync(server.Url);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Auth[20..]), Cancel);
        using var reader = new StreamReader(stream);
        var reply = await reader.ReadToEndAsync(Cancel);

        Assert.StartsWith("HTTP/1.1 200", reply, StringComparison.Ordinal);
        Assert.Contains("Connection: close", reply, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("nonce", reply, StringComparison.Ordinal);
        Assert.Equal(0, await end);
    }

    [Fact]
    public async Task One_that_never_ends_is_cut_after_the_time_that_was_given()
    {
        await using var server = await ServeProcess.StartAsync(
            "--data", Data, "--url", "http://127.0.0.1:0", "--development", "--drain-timeout", "1");
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port, Cancel);
        await socket.GetStream().WriteAsync("POST /kbs/v0/auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"u8.ToArray(), Cancel);
        await Task.Delay(300, Cancel);

        Assert.Equal(0, await server.TerminateAsync());
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task AwaitDrainingAsync(HttpClient http, Uri server)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            using var reply = await http.GetAsync(new Uri(server, "/readyz"), limit.Token);
            if (reply.StatusCode == HttpStatusCode.ServiceUnavailable
                && (await reply.Content.ReadAsStringAsync(limit.Token)).Contains("\"draining\"", StringComparison.Ordinal))
                return;
        }
    }

    internal static async Task AwaitRefusalAsync(Uri server)
    {
        while (true)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, server.Port, Cancel);
                await Task.Delay(20, Cancel);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private HttpClient Client(Uri server, Version version)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = Policy() } };
        return new HttpClient(handler)
        {
            BaseAddress = server,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Path.Combine(Data, "ca.pem"));
        return policy;
    }
}
