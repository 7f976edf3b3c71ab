using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Benchmarks.Kbs;

/// <summary>Fills a store through the administrator's interface.</summary>
internal static class StoredEntries
{
    public const int Group = 1000;

    private const int AtOnce = 32;

    public static async Task AddResourcesAsync(KbsAdminClient admin, int count)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            using var secret = SecretBytes.Random(32);
            while (Interlocked.Increment(ref next) is var number && number < count)
                await admin.PutResourceAsync(ResourceUri.Parse($"kbs:///many/key-{number % 100}/{number}"), secret, CancellationToken.None);
        })));
    }

    public static async Task AddReferenceValuesAsync(KbsAdminClient admin, int count)
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
