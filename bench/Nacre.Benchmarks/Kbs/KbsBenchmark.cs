using System.Diagnostics;
using System.Globalization;
using Nacre.Cli.Demo;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Benchmarks.Kbs;

/// <summary>
/// <c>nacre bench kbs</c>: <c>nacre serve</c> in a process of its own with SQLite and the audit record, plain HTTP on loopback, sample
/// evidence; the clients are on the same cores.
/// </summary>
internal static class KbsBenchmark
{
    private const string Resource = "default/key/1";
    private static readonly string[] s_options = ["--development", "--url", "http://127.0.0.1:0"];

    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = TimeSpan.FromSeconds(Option(args, "--seconds", 10));
        var abandoned = Option(args, "--abandoned", 1_000_000);
        var entries = Option(args, "--entries", 100_000);
        var folder = Directory.CreateTempSubdirectory("nacre-bench-").FullName;
        try
        {
            var data = Path.Combine(folder, "server");
            await using (var server = await StartAsync(data))
            {
                using var admin = await SetUpAsync(server);
                await MeasureHandshakesAsync(server, seconds);
                await MeasureAuthAsync(server, seconds);
                await MeasureAbandonedAsync(server, abandoned);
                await MeasureLookupsAsync(server, admin, seconds, entries);
            }

            await MeasureRestartAsync(data);
            await WriteYardstickAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static Task<ServerProcess> StartAsync(string data) => ServerProcess.StartWithAsync(data, s_options, outlives: false, CancellationToken.None);

    private static async Task<KbsAdminClient> SetUpAsync(ServerProcess server)
    {
        var token = (await File.ReadAllTextAsync(server.AdminTokenFile)).Trim();
        var admin = new KbsAdminClient(KbsTransport.Create(server.Url, roots: null), token);
        using var secret = SecretBytes.Random(32);
        await admin.PutResourceAsync(ResourceUri.Parse($"kbs:///{Resource}"), secret, CancellationToken.None);
        await admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nimport rego.v1\nallow := true\n", CancellationToken.None);
        return admin;
    }

    private static async Task MeasureHandshakesAsync(ServerProcess server, TimeSpan length)
    {
        Console.WriteLine("auth, attest and one resource, sample evidence (target: server CPU at most 0.65 ms each, 2,180 per s)");
        using var guest = new SampleGuest(server.Url);

        // Until the runtime has compiled what is hot.
        await Load.ClosedAsync(server.Id, 4, length, _ => guest.GetResourceAsync(Resource));
        var most = 0.0;
        foreach (var clients in (int[])[1, 4, 16])
        {
            var result = await Load.ClosedAsync(server.Id, clients, length, _ => guest.GetResourceAsync(Resource));
            Console.WriteLine($"  {clients,2} clients        {result}");
            most = Math.Max(most, result.PerSecond);
        }

        var paced = await Load.OpenAsync(server.Id, 0.8 * most, 32, length, _ => guest.GetResourceAsync(Resource));
        Console.WriteLine($"  80 % of the most  {paced}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  p99 is {paced.P99 / paced.P50:F1} times p50 (target: under 5)"));
    }

    private static async Task MeasureAuthAsync(ServerProcess server, TimeSpan length)
    {
        using var guest = new SampleGuest(server.Url);
        var result = await Load.ClosedAsync(server.Id, 8, length, _ => guest.BeginAsync());
        Console.WriteLine("auth alone (target: 14,000 per s)");
        Console.WriteLine($"   8 clients        {result}");
    }

    private static async Task MeasureAbandonedAsync(ServerProcess server, int count)
    {
        using var guest = new SampleGuest(server.Url);
        var before = ProcessUsage.Resident(server.Id);
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await guest.BeginAsync();
        })));
        var after = ProcessUsage.Resident(server.Id);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} handshakes begun and abandoned: resident {Megabytes(before):F0} MB before, {Megabytes(after):F0} MB after (target: under 50 MB more)"));
    }

    private static async Task MeasureLookupsAsync(ServerProcess server, KbsAdminClient admin, TimeSpan length, int entries)
    {
        using var guest = new SampleGuest(server.Url);
        var cookie = await guest.AttestAsync();
        Task<LoadResult> ReadAsync() => Load.ClosedAsync(server.Id, 4, length, _ => guest.ReadAsync(cookie, Resource));
        await ReadAsync();
        var small = await ReadAsync();
        var watch = Stopwatch.StartNew();
        await StoredEntries.AddResourcesAsync(admin, entries);
        var resources = watch.Elapsed;
        watch.Restart();
        await StoredEntries.AddReferenceValuesAsync(admin, entries);
        var references = watch.Elapsed;
        var large = await ReadAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{entries:N0} resources stored one by one in {resources.TotalSeconds:F0} s, {entries:N0} reference values in groups of {StoredEntries.Group} in {references.TotalSeconds:F0} s"));
        Console.WriteLine($"  one resource, empty store  {small}");
        Console.WriteLine($"  one resource, full store   {large}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  p99 is {large.P99 / small.P99:F1} times that of the empty store (target: 2)"));
        var full = await Load.ClosedAsync(server.Id, 4, length, _ => guest.GetResourceAsync(Resource));
        Console.WriteLine($"  handshake and resource     {full}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  resident {Megabytes(ProcessUsage.Resident(server.Id)):F0} MB"));
    }

    private static async Task MeasureRestartAsync(string data)
    {
        var watch = Stopwatch.StartNew();
        await using var server = await StartAsync(data);
        using var http = new HttpClient();
        using var ready = await http.GetAsync(new Uri(server.Url, "readyz"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"restart with the full store: {(int)ready.StatusCode} from /readyz after {watch.Elapsed.TotalSeconds:F2} s (target: 2)"));
    }

    private static async Task WriteYardstickAsync()
    {
        var speed = await OpenSslSpeed.MeasureAsync("ecdsap256", "ecdhp256");
        var bound = 1000 / speed["ecdsap256"].Sign + 2 * 1000 / speed["ecdhp256"].Sign;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"openssl speed, right after: one P-256 signature (token) and two P-256 multiplications (JWE) take {bound:F3} ms"));
    }

    private static double Megabytes(long bytes) => bytes / 1048576.0;

    private static int Option(string[] args, string name, int otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? otherwise : int.Parse(args[at + 1], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }
}
