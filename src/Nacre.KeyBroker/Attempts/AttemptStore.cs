using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Attempts;

/// <summary>
/// Keeps the newest attempts; a flood of refusals replaces old ones and never grows the store. A refusal is in the store before it is told;
/// what is only noted is in this process at once, and in the store soon.
/// </summary>
public sealed class AttemptStore : IAsyncDisposable
{
    public const int Kept = 2000;

    /// <summary>After which what one process noted is in the store, unless the store is slow.</summary>
    public static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(100);

    private const string Space = "attempt";
    private const int MaxWaiting = 1024;
    private const int MaxReasons = 64;
    private const int MaxRecordBytes = 256 * 1024;

    private readonly IKeyValueStore _store;
    private readonly RowQueue _queue;

    public AttemptStore(IKeyValueStore store, TimeProvider clock, ILogger log)
    {
        _store = store;
        _queue = new RowQueue(store, [new NewestRows(store, Space, Kept)], MaxWaiting, Lag, clock, log);
    }

    /// <summary>Returns when the attempt is in the store.</summary>
    public async ValueTask RecordAsync(AttemptRecord attempt, CancellationToken cancel)
    {
        await _store.SetAsync(Space, attempt.Id, Bytes(attempt), WriteCondition.None, cancel);
        _queue.NoteWritten(Space);
    }

    /// <summary>For an attempt whose reference nobody was told: a request does not wait for the store unless too much waits already.</summary>
    public ValueTask NoteAsync(AttemptRecord attempt, CancellationToken cancel) =>
        _queue.TryAdd(Space, attempt.Id, Bytes(attempt)) ? ValueTask.CompletedTask : RecordAsync(attempt, cancel);

    public async ValueTask<JsonObject?> FindAsync(string id, CancellationToken cancel)
    {
        if (!ReferenceId.IsValid(id) || (_queue.Find(Space, id) ?? (await _store.FindAsync(Space, id, cancel))?.Value) is not { } stored)
            return null;

        using var document = StrictJson.Parse(stored, "attempt", MaxRecordBytes);
        return JsonObject.Create(document.RootElement.Clone());
    }

    /// <summary>The same for one that is there for certain, if another process has not just noted it.</summary>
    public async ValueTask<JsonObject?> AwaitAsync(string id, CancellationToken cancel)
    {
        if (await FindAsync(id, cancel) is { } found)
            return found;

        await Task.Delay(2 * Lag, cancel);
        return await FindAsync(id, cancel);
    }

    /// <summary>Newest first, in short: id, time, kind, TEE, guest, resource and the first reason.</summary>
    public async ValueTask<IReadOnlyList<JsonObject>> ListAsync(int limit, CancellationToken cancel)
    {
        await _queue.FlushAsync(cancel);
        var ids = await _store.ListAllAsync(Space, "", cancel);
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

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private static byte[] Bytes(AttemptRecord attempt)
    {
        var bounded = attempt with { Reasons = [.. attempt.Reasons.Take(MaxReasons)] };
        var json = JsonText.Utf8(bounded.ToJson());
        return json.Length <= MaxRecordBytes ? json : JsonText.Utf8((bounded with { Reports = [], Submodules = [] }).ToJson());
    }
}
