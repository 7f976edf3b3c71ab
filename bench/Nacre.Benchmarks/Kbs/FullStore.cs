using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Cli.Demo;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Benchmarks.Kbs;

/// <summary>What many resources and reference values cost whoever reads one, and the next start.</summary>
internal static class FullStore
{
    private const int Group = 1000;
    private const int AtOnce = 32;

    public static async Task MeasureLookupsAsync(ServerProcess server, KbsAdminClient admin, TimeSpan length, int entries)
    {
        using var guest = LeanGuest.WithSample(server.Url);
        var cookie = await guest.AttestAsync();
        Task<LoadResult> ReadAsync() => Load.ClosedAsync(server.Id, 4, length, _ => guest.ReadAsync(cookie, KbsBenchmark.Resource));
        await ReadAsync();
        var small = await ReadAsync();
        await FillAsync(admin, entries);
        var large = await ReadAsync();
        Console.WriteLine($"  one resource, empty store  {small}");
        Console.WriteLine($"  one resource, full store   {large}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  p99 is {large.P99 / small.P99:F1} times that of the empty store (target: 2)"));
        var full = await Load.ClosedAsync(server.Id, 4, length, _ => guest.GetResourceAsync(KbsBenchmark.Resource));
        Console.WriteLine($"  handshake and resource     {full}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  resident {ProcessUsage.Resident(server.Id) / 1048576.0:F0} MB"));
    }

    /// <summary>Through the administrator's interface.</summary>
    public static async Task FillAsync(KbsAdminClient admin, int entries)
    {
        var watch = Stopwatch.StartNew();
        await AddResourcesAsync(admin, entries);
        var resources = watch.Elapsed;
        watch.Restart();
        await AddReferenceValuesAsync(admin, entries);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{entries:N0} resources stored one by one in {resources.TotalSeconds:F0} s, "
            + $"{entries:N0} reference values in groups of {Group} in {watch.Elapsed.TotalSeconds:F0} s"));
    }

    public static async Task MeasureRestartAsync(string data)
    {
        // Once for the files that are read to be in memory, which they are after any restart but the machine's.
        for (var round = 1; round <= 4; round++)
        {
            var watch = Stopwatch.StartNew();
            await using var server = await KbsBenchmark.StartAsync(data);
            using var http = new HttpClient();
            using var ready = await http.GetAsync(new Uri(server.Url, "readyz"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"restart with the full store: {(int)ready.StatusCode} from /readyz after {watch.Elapsed.TotalSeconds:F2} s (target: 2), "
                + $"{ProcessUsage.CpuTime(server.Id).TotalSeconds:F2} s of processor time"));
        }
    }

    private static async Task AddResourcesAsync(KbsAdminClient admin, int count)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            using var secret = SecretBytes.Random(32);
            while (Interlocked.Increment(ref next) is var number && number < count)
                await admin.PutResourceAsync(ResourceUri.Parse($"kbs:///many/key-{number % 100}/{number}"), secret, CancellationToken.None);
        })));
    }

    private static async Task AddReferenceValuesAsync(KbsAdminClient admin, int count)
    {
        for (var first = 0; first < count; first += Group)
        {
            var values = new JsonObject();
            for (var number = first; number < Math.Min(first + Group, count); number++)
                values[$"bench_{number}"] = new JsonArray($"{number:x64}");
            await admin.AddReferenceValuesAsync(values, CancellationToken.None);
        }
    }
}
