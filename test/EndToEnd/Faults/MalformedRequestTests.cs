using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Faults;

/// <summary>
/// Malformed requests by the hundred thousand over plain sockets: none makes the server fail, stop or grow. NACRE_MALFORMED_REQUESTS sets how
/// many, NACRE_FUZZ_SEED repeats a run.
/// </summary>
[Trait("Group", "Faults")]
public sealed class MalformedRequestTests(ITestOutputHelper output) : IDisposable
{
    private const int DefaultRequests = 100_000;
    private const int Connections = 8;
    private const int Pipelined = 24;
    private const int MaxResidentMegabytes = 768;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-malformed-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_malformed_request_makes_the_server_fail_or_grow()
    {
        var wanted = Number("NACRE_MALFORMED_REQUESTS") ?? DefaultRequests;
        var seed = Number("NACRE_FUZZ_SEED") ?? RandomNumberGenerator.GetInt32(1_000_000);
        output.WriteLine($"{wanted} requests, seed {seed}");
        var data = Path.Combine(_directory.FullName, "data");
        await using var server = await ServeProcess.StartAsync("--data", data, "--url", "http://127.0.0.1:0", "--development");
        var good = await PrepareAsync(server.Url, data);

        var since = Stopwatch.GetTimestamp();
        var statuses = new ConcurrentDictionary<int, int>();
        var left = wanted;
        var largest = 0L;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(number => Task.Run(
            async () =>
            {
                var requests = new RequestBytes(seed + number, good);
                while (Volatile.Read(ref left) > 0)
                {
                    Interlocked.Add(ref left, -await RunConnectionAsync(server.Url, requests, statuses));
                    largest = Math.Max(largest, Resident(server.Id));
                }
            },
            Cancel)));

        var told = string.Join(", ", statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}"));
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        output.WriteLine($"{statuses.Values.Sum()} answers in {seconds:0} s, at most {largest} MB resident; {told}");
        Assert.DoesNotContain(statuses.Keys, status => status >= 500 && status is not 505);
        Assert.True(
            statuses.Keys.Count(status => status is 400 or 401 or 404 or 405) == 4, $"the requests are not what they were meant to be: {told}");
        Assert.InRange(largest, 1, MaxResidentMegabytes);

        // And it still serves.
        using var http = new HttpClient { BaseAddress = server.Url };
        using var messages = new HandshakeMessages(http);
        await messages.AuthAsync();
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task<int> RunConnectionAsync(Uri url, RequestBytes requests, ConcurrentDictionary<int, int> statuses)
    {
        using var connection = await PipelinedConnection.OpenAsync(url, Cancel);
        var answered = 0;
        for (var batch = 0; batch < 16; batch++)
        {
            var isEnd = batch == 15;
            var bytes = Enumerable.Range(0, Pipelined).Select(_ => requests.Next()).ToList();
            if (isEnd)
                bytes.Add(requests.Last());
            var answers = await connection.ExchangeAsync(bytes, isEnd, Cancel);
            foreach (var status in answers)
                statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
            answered += answers.Count;
            if (answers.Count < bytes.Count)
                break;
        }

        return answered;
    }

    private static async Task<RequestIngredients> PrepareAsync(Uri url, string data)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = url };
        using var messages = new HandshakeMessages(http);
        var (cookie, nonce) = await messages.AuthAsync();
        var evidence = Encoding.UTF8.GetString(messages.Evidence(nonce));
        using var attested = await messages.AttestAsync(cookie, nonce);
        attested.EnsureSuccessStatusCode();
        var token = (string)JsonNode.Parse(await attested.Content.ReadAsStringAsync(Cancel))!["token"]!;
        var (another, _) = await messages.AuthAsync();
        return new RequestIngredients(another, token, (await File.ReadAllTextAsync(Path.Combine(data, "admin-token"), Cancel)).Trim(), evidence);
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static long Resident(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmRSS:".Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) / 1024;
    }
}
