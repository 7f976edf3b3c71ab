using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Attempts;

/// <summary>Keeps the newest attempts; a flood of refusals replaces old ones and never grows the store.</summary>
public sealed class AttemptStore(IKeyValueStore store)
{
    public const int Kept = 2000;

    private const string Space = "attempt";
    private const int PruneEvery = 64;
    private const int MaxReasons = 64;
    private const int MaxRecordBytes = 256 * 1024;

    private int _recorded;

    public async ValueTask RecordAsync(AttemptRecord attempt, CancellationToken cancel)
    {
        var bounded = attempt with { Reasons = [.. attempt.Reasons.Take(MaxReasons)] };
        var json = JsonText.Utf8(bounded.ToJson());
        if (json.Length > MaxRecordBytes)
            json = JsonText.Utf8((bounded with { Reports = [], Submodules = [] }).ToJson());

        await store.SetAsync(Space, attempt.Id, json, WriteCondition.None, cancel);
        if (Interlocked.Increment(ref _recorded) % PruneEvery == 1)
            await PruneAsync(cancel);
    }

    public async ValueTask<JsonObject?> FindAsync(string id, CancellationToken cancel)
    {
        if (!ReferenceId.IsValid(id) || await store.FindAsync(Space, id, cancel) is not { } stored)
            return null;

        using var document = StrictJson.Parse(stored.Value, "attempt", MaxRecordBytes);
        return JsonObject.Create(document.RootElement.Clone());
    }

    /// <summary>Newest first, in short: id, time, kind, TEE, guest, resource and the first reason.</summary>
    public async ValueTask<IReadOnlyList<JsonObject>> ListAsync(int limit, CancellationToken cancel)
    {
        var ids = await store.ListAllAsync(Space, "", cancel);
        var newest = new List<JsonObject>();
        foreach (var id in ids.Reverse().Take(limit))
        {
            if (await FindAsync(id, cancel) is not { } attempt)
                continue;

            var summary = new JsonObject();
            foreach (var name in (string[])["id", "at", "kind", "tee", "guest", "resource"])
                summary[name] = attempt[name]?.DeepClone();
            summary["reason"] = attempt["reasons"]?[0]?.DeepClone();
            newest.Add(summary);
        }

        return newest;
    }

    private async ValueTask PruneAsync(CancellationToken cancel)
    {
        var ids = await store.ListAllAsync(Space, "", cancel);
        if (ids.Count > Kept)
            await store.WriteAsync([.. ids.Take(ids.Count - Kept).Select(id => StoreWrite.Delete(Space, id))], cancel);
    }
}
