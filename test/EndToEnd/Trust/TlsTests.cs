using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Tls;

namespace Nacre.EndToEndTests.Trust;

/// <summary>An operator's certificate, its change under running connections, callers' certificates, and versions of TLS.</summary>
[Trait("Group", "TrustTls")]
public sealed class TlsTests : IDisposable
{
    private readonly TlsFolder _files = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_pair_is_taken_for_new_connections_and_old_ones_go_on()
    {
        var first = _files.Issue();
        await using var stage = await StartAsync(new TlsOptions());
        await using var before = await ConnectAsync(stage.Server.Url);
        Assert.Equal(first, Shown(before));

        var second = _files.Issue();
        await AwaitAsync(stage.Server.Url, second);

        Assert.NotEqual(first, second);
        Assert.Contains("200", await GetAsync(before), StringComparison.Ordinal);
        Assert.False(File.Exists(TrustServer.CaPath(stage.Directory)));
    }

    [Fact]
    public async Task Halves_that_do_not_match_leave_the_old_pair_and_are_named_in_the_log()
    {
        var log = new LogLines();
        var first = _files.Issue();
        await using var stage = await StartAsync(new TlsOptions(), log);

        _files.Issue(writesKey: false);
        await log.AwaitAsync("do not go together", Cancel);
        await using (var connection = await ConnectAsync(stage.Server.Url))
            Assert.Equal(first, Shown(connection));

        var third = _files.Issue();
        await AwaitAsync(stage.Server.Url, third);
        await File.WriteAllTextAsync(_files.CertificateFile, "nothing", Cancel);
        await log.AwaitAsync("holds 0 certificates", Cancel);
        await using (var connection = await ConnectAsync(stage.Server.Url))
            Assert.Equal(third, Shown(connection));

        // However often the files are looked at, the same trouble is told once.
        var told = log.All.Where(line => line.Contains("are not used", StringComparison.Ordinal)).ToList();
        Assert.Equal(told.Distinct(), told);
    }

    [Fact]
    public async Task A_certificate_near_its_end_warns_and_one_that_ended_is_not_started_with()
    {
        var log = new LogLines();
        _files.Issue(TimeSpan.FromDays(90), at: DateTimeOffset.UtcNow.AddDays(-80));
        await using (await StartAsync(new TlsOptions(), log))
            await log.AwaitAsync("The TLS certificate ends", Cancel);

        _files.Issue(TimeSpan.FromDays(1), at: DateTimeOffset.UtcNow.AddDays(-2));
        var error = await Assert.ThrowsAsync<TrustServerException>(() => StartAsync(new TlsOptions()));
        Assert.Contains("ended at", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_1_2_is_refused_unless_it_is_asked_for()
    {
        _files.Issue();
        await using (var strict = await StartAsync(new TlsOptions()))
            await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(strict.Server.Url, SslProtocols.Tls12));

        await using var wide = await StartAsync(new TlsOptions { AllowTls12 = true });
        await using var old = await ConnectAsync(wide.Server.Url, SslProtocols.Tls12);
        await using var young = await ConnectAsync(wide.Server.Url);
        Assert.Equal((SslProtocols.Tls12, SslProtocols.Tls13), (old.SslProtocol, young.SslProtocol));
    }

    [Fact]
    public async Task A_required_certificate_of_a_caller_is_asked_for_and_checked()
    {
        _files.Issue();
        await using var stage = await StartAsync(new TlsOptions { ClientAuthoritiesFile = _files.AuthorityFile });
        using var other = new TlsFolder();

        await Assert.ThrowsAnyAsync<Exception>(() => StatusAsync(stage, null));
        await Assert.ThrowsAnyAsync<Exception>(() => StatusAsync(stage, other.IssueClient("stranger")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stage, _files.IssueClient("operator")));
    }

    [Fact]
    public async Task An_optional_certificate_of_a_caller_is_checked_when_it_is_there_and_stands_in_the_audit_record()
    {
        _files.Issue();
        await using var stage = await StartAsync(
            new TlsOptions { ClientAuthoritiesFile = _files.AuthorityFile, ClientCertificates = ClientCertificates.Optional });
        using var other = new TlsFolder();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stage, null));
        await Assert.ThrowsAnyAsync<Exception>(() => StatusAsync(stage, other.IssueClient("stranger")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stage, _files.IssueClient("operator"), "kbs/v0/admin/token-keys", stage.AdminToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(stage, _files.IssueClient("operator"), "kbs/v0/admin/token-keys", "x"));
        var record = string.Concat(Directory.EnumerateFiles(TrustServer.AuditDirectory(stage.Directory), "*.jsonl").Select(File.ReadAllText));
        Assert.Contains("\"127.0.0.1 CN=operator\"", record, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    private Task<TrustStage> StartAsync(TlsOptions tls, LogLines? log = null) => TrustStage.StartAsync(
        roots: null, fillsStore: false, with: options => options with
        {
            Tls = tls with { CertificateFile = _files.CertificateFile, KeyFile = _files.KeyFile, ReloadEvery = TimeSpan.FromMilliseconds(50) },
            Logs = log?.Factory ?? options.Logs,
        });

    private async Task AwaitAsync(Uri url, string fingerprint)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            await using var connection = await ConnectAsync(url);
            if (Shown(connection) == fingerprint)
                return;
            await Task.Delay(50, limit.Token);
        }
    }

    private async Task<SslStream> ConnectAsync(Uri url, SslProtocols versions = SslProtocols.None)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, url.Port, Cancel);
        var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = versions,
                CertificateChainPolicy = Policy(),
            },
            Cancel);
        return stream;
    }

    private static string Shown(SslStream stream) => ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;

    private static async Task<string> GetAsync(SslStream stream)
    {
        await stream.WriteAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancel);
        var buffer = new byte[4096];
        return System.Text.Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, Cancel));
    }

    private async Task<HttpStatusCode> StatusAsync(TrustStage stage, X509Certificate2? certificate, string path = "healthz", string? token = null)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = Policy() } };
        if (certificate is not null)
            handler.SslOptions.ClientCertificates = [certificate];
        using var http = new HttpClient(handler) { BaseAddress = stage.Server.Url };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var reply = await http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return reply.StatusCode;
    }

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_files.Roots);
        return policy;
    }
}
