using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Audit.Export;

namespace Nacre.EndToEndTests.Trust;

/// <summary>The audit record reaches its receivers whole and in order, over restarts of either side, and no request waits for it.</summary>
[Trait("Group", "TrustAuditExport")]
public sealed partial class AuditExportTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-export-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_collector_that_was_away_gets_every_line_once_it_is_back_also_over_a_restart()
    {
        await using var collector = new StandInCollector { Status = 503 };
        var options = AuditExportOptions.Parse($"otlp:{collector.Url}")!;
        await using (var first = await TrustStage.StartAsync(directory: _directory, export: options))
        {
            await first.AffirmSampleAsync();
            await WaitAsync(() => collector.Asked > 0);
        }

        collector.Status = 200;
        await using var second = await TrustStage.StartAsync(directory: _directory, export: options);
        await WaitAsync(() => IsQuiet() && collector.Lines.Count >= 8 && collector.Lines.Count == Written().Count);
        Assert.Equal(Written(), collector.Lines);
        Assert.Contains(collector.Records, record => (int?)record["severityNumber"] == 9 && record["timeUnixNano"] is not null);

        using var stranger = new KbsAdminClient(second.Connect(), "not the token");
        await Assert.ThrowsAsync<KbsException>(() => stranger.ListResourcesAsync(Cancel));
        await WaitAsync(() => collector.Lines.Count == Written().Count && collector.Lines[^1].Contains("refused", StringComparison.Ordinal));
        Assert.Equal(13, (int?)collector.Records[^1]["severityNumber"]);
        Assert.Equal(Written(), collector.Lines);
    }

    [Fact]
    public async Task What_a_replica_that_is_gone_had_not_sent_is_sent_once_by_one_that_stays()
    {
        await using var collector = new StandInCollector { Status = 503 };
        var options = AuditExportOptions.Parse($"otlp:{collector.Url}")! with { SearchEvery = TimeSpan.FromMilliseconds(100) };
        var gone = await TrustStage.StartAsync(directory: _directory, export: options);
        await using var stays = await TrustStage.StartAsync(directory: _directory, export: options);
        await using var staysToo = await TrustStage.StartAsync(directory: _directory, export: options);
        await gone.AffirmSampleAsync();
        var file = Assert.Single(Segments(), segment => File.ReadAllText(segment).Contains("reference-value", StringComparison.Ordinal));
        await gone.DisposeAsync();
        var whole = await File.ReadAllLinesAsync(file, Cancel);
        Assert.True(whole.Length > 4);
        await File.AppendAllTextAsync(file, "{\"seq\":", Cancel);

        collector.Status = 200;
        await WaitAsync(() => collector.Lines.Count >= Whole().Count);
        RequireEachOnce();

        // A line that was never finished counts as none; who goes on with the chain cuts it off, and sends only what is new.
        await using var next = await TrustStage.StartAsync(directory: _directory, export: options);
        await WaitAsync(() => collector.Lines.Count >= Whole().Count && File.ReadAllLines(file).Length > whole.Length);
        await stays.AffirmSampleAsync();
        await WaitAsync(() => collector.Lines.Count >= Whole().Count);
        RequireEachOnce();

        List<string> Whole() => [.. Written().Where(line => line.EndsWith('}'))];

        void RequireEachOnce()
        {
            var (written, received) = (Whole(), collector.Lines);
            Assert.Equal(written.Order(), received.Order());
            Assert.Equal(whole, received.Where(whole.Contains));
        }
    }

    [Fact]
    public async Task A_chain_that_was_damaged_is_sent_up_to_the_damage_and_holds_no_other_up()
    {
        await using var collector = new StandInCollector { Status = 503 };
        var options = AuditExportOptions.Parse($"otlp:{collector.Url}")! with { SearchEvery = TimeSpan.FromMilliseconds(100) };
        await (await TrustStage.StartAsync(directory: _directory, export: options)).DisposeAsync();
        var file = Assert.Single(Segments());
        var lines = await File.ReadAllLinesAsync(file, Cancel);
        lines[2] = "{}";
        await File.WriteAllLinesAsync(file, lines, Cancel);

        collector.Status = 200;
        await using var second = await TrustStage.StartAsync(directory: _directory, export: options);
        await WaitAsync(() => Segments().Length == 2 && collector.Lines.Count >= 2 + Others().Count && Others().Count > 2);
        await second.AffirmSampleAsync();
        await WaitAsync(() => collector.Lines.Count >= 2 + Others().Count);

        Assert.Equal(lines[..2], collector.Lines.Where(lines.Contains));
        Assert.Equal(Others(), collector.Lines.Except(lines));

        List<string> Others() => [.. Written().Except(lines)];
    }

    [Fact]
    public async Task A_receiver_that_never_answers_holds_nothing_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var stage = await TrustStage.StartAsync(export: AuditExportOptions.Parse($"otlp:http://{silent.LocalEndpoint}"));
        for (var i = 0; i < 20; i++)
            await stage.Admin.PutResourceAsync(ResourceUri.Parse($"kbs:///default/key/{i}"), SecretBytes.Copy("x"u8), Cancel).WaitAsync(s_patience, Cancel);
    }

    [Fact]
    public async Task Syslog_over_tls_has_lengths_and_comes_again_after_the_receiver_ended()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = OwnCertificateAuthority.Create("log host", now);
        using var certificate = OwnCertificateAuthority.IssueServer(authority, ["localhost"], now, TimeSpan.FromDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = AuditExportOptions.Parse($"syslog:tcp+tls://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}")! with
        {
            Authorities = [authority],
            HostName = "host.example",
        };
        await using var stage = await TrustStage.StartAsync(directory: _directory, export: options);
        var messages = new List<string>();
        await WaitAsync(() => IsQuiet());
        using (var first = await AcceptAsync(listener, certificate))
            await ReadAsync(first, messages, Written().Count);
        await stage.AffirmSampleAsync();
        await WaitAsync(() => IsQuiet());
        using (var second = await AcceptAsync(listener, certificate))
            await ReadAsync(second, messages, Written().Count);

        Assert.Equal(Written(), messages.Select(message => Check(message, "host.example")));
    }

    [Fact]
    public async Task Syslog_that_another_answers_for_gets_nothing()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = OwnCertificateAuthority.Create("log host", now);
        using var other = OwnCertificateAuthority.Create("log host", now);
        using var certificate = OwnCertificateAuthority.IssueServer(other, ["localhost"], now, TimeSpan.FromDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = AuditExportOptions.Parse($"syslog:tcp+tls://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}")!;
        await using var stage = await TrustStage.StartAsync(export: options with { Authorities = [authority] });

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var stream = await AcceptAsync(listener, certificate);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], Cancel).AsTask().WaitAsync(s_patience, Cancel));
            throw new IOException("ended");
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Syslog_datagrams_have_a_line_each(bool isUnix)
    {
        using var socket = isUnix ? new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var path = Path.Combine(_directory, "log");
        socket.Bind(isUnix ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(IPAddress.Loopback, 0));
        var address = isUnix ? $"syslog:unix:{path}" : $"syslog:udp://{socket.LocalEndPoint}";
        await using var stage = await TrustStage.StartAsync(directory: Path.Combine(_directory, "data"), export: AuditExportOptions.Parse(address));

        await WaitAsync(() => IsQuiet("data"));
        var written = Written("data");
        var received = new List<string>();
        var buffer = new byte[64 * 1024];
        while (received.Count < written.Count)
        {
            var length = await socket.ReceiveAsync(buffer, Cancel).AsTask().WaitAsync(s_patience, Cancel);
            received.Add(Check(Encoding.UTF8.GetString(buffer, 0, length), "-"));
        }

        Assert.Equal(written, received);
    }

    [Theory]
    [InlineData("syslog:unix:relative")]
    [InlineData("syslog:udp://host")]
    [InlineData("syslog:tcp://host:514")]
    [InlineData("syslog:tcp+tls://:6514")]
    [InlineData("otlp:ftp://host:1")]
    [InlineData("https://host:4318")]
    [InlineData("")]
    public void Addresses_that_say_nothing_are_none(string text) => Assert.Null(AuditExportOptions.Parse(text));

    // The end of the last change is written after its answer.
    private bool IsQuiet(string place = "") => Written(place)[^1].Contains("\"outcome\":\"done\"", StringComparison.Ordinal);

    private string[] Segments(string place = "") =>
        [.. Directory.GetFiles(TrustServer.AuditDirectory(Path.Combine(_directory, place)), "*.jsonl").Order()];

    private List<string> Written(string place = "") =>
    [
        .. Segments(place).SelectMany(file =>
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }),
    ];

    // RFC 5424, section 6.
    private static string Check(string message, string host)
    {
        var match = Message().Match(message);
        Assert.True(match.Success, message);
        var line = JsonNode.Parse(match.Groups["line"].Value)!;
        Assert.Equal(host, match.Groups["host"].Value);
        Assert.Equal(((string)line["action"]!, line["seq"]!.ToString(), (string?)line["at"] ?? "-"), (match.Groups["action"].Value, match.Groups["seq"].Value, match.Groups["at"].Value));
        Assert.Equal((string?)line["outcome"] is "refused" or "failed" ? "108" : "109", match.Groups["priority"].Value);
        return match.Groups["line"].Value;
    }

    private static async Task<SslStream> AcceptAsync(TcpListener listener, X509Certificate2 certificate)
    {
        var client = await listener.AcceptTcpClientAsync(Cancel).AsTask().WaitAsync(s_patience, Cancel);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Cancel);
        return stream;
    }

    private static async Task ReadAsync(SslStream stream, List<string> messages, int count)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (messages.Count < count)
        {
            await stream.ReadExactlyAsync(one, Cancel).AsTask().WaitAsync(s_patience, Cancel);
            if (one[0] != ' ')
            {
                text.Append((char)one[0]);
                continue;
            }

            var message = new byte[int.Parse(text.ToString(), System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(message, Cancel).AsTask().WaitAsync(s_patience, Cancel);
            messages.Add(Encoding.UTF8.GetString(message));
            text.Clear();
        }
    }

    private static async Task WaitAsync(Func<bool> isDone)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(s_patience);
        while (!isDone())
            await Task.Delay(50, limit.Token);
    }

    [GeneratedRegex("^<(?<priority>[0-9]+)>1 (?<at>[^ ]+) (?<host>[^ ]+) nacre [0-9a-f]{16} (?<action>[a-z]+) \\[meta sequenceId=\"(?<seq>[0-9]+)\"\\] (?<line>\\{.*\\})$", RegexOptions.None, 1000)]
    private static partial Regex Message();
}
