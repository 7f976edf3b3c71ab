using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Nacre.Storage;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>
/// The reference values of this server. Readers take an immutable snapshot of those that count, which is remade when a value changes; every
/// change is one transaction with the history of each name in it.
/// </summary>
public sealed class ReferenceValueStore : IReferenceSource, IDisposable
{
    private const string Space = "reference_value";
    private const string HistorySpace = "reference_value_history";

    /// <summary>Upstream's default life of a value (trust.md 4.3).</summary>
    private const int LifeMonths = 12;

    private readonly IKeyValueStore _store;
    private readonly TimeProvider _clock;
    private readonly GenerationCache<ReferenceValueSnapshot> _snapshot;

    public ReferenceValueStore(IKeyValueStore store, TimeProvider clock)
    {
        (_store, _clock) = (store, clock);
        _snapshot = new GenerationCache<ReferenceValueSnapshot>(store, Space, LoadAsync);
    }

    public ValueTask<ReferenceValueSnapshot> SnapshotAsync(CancellationToken cancel) => _snapshot.GetAsync(cancel);

    /// <summary>A snapshot of the store knows everything.</summary>
    public ValueTask<ReferenceValueSnapshot> ExtendAsync(ReferenceValueSnapshot snapshot, CancellationToken cancel) => SnapshotAsync(cancel);

    /// <summary>The value of that name; null when there is none, or it has expired.</summary>
    public async ValueTask<JsonNode?> FindAsync(string name, CancellationToken cancel) =>
        (await SnapshotAsync(cancel)).Find(name, _clock.GetUtcNow())?.Value;

    /// <summary>Registers all values of a document or none; a value with the same name is replaced, and kept in its history.</summary>
    /// <param name="document">A value ends when the first of these says so: the document, who registers it, or after a year.</param>
    /// <param name="author">As the audit record names the administrator.</param>
    /// <param name="cancel">Leaves open whether it happened.</param>
    /// <exception cref="ReferenceValueException">One of the values was revoked; nothing was changed.</exception>
    public Task RegisterAsync(ReferenceValueDocument document, string author, CancellationToken cancel)
    {
        var (now, extracted) = (_clock.GetUtcNow(), document.Extracted);
        var expiration = document.Expiration ?? now.AddMonths(LifeMonths);
        if (extracted.Expires < expiration)
            expiration = extracted.Expires.Value;

        var provenance = new ReferenceValueProvenance(author, now, document.Type, document.Digest, extracted.Signers, extracted.Origin);
        var values = extracted.Values.ToDictionary(value => value.Name, value => value.Value);
        return ChangeAsync(
            [.. values.Keys],
            record => record.Register(
                new(record.Name, values[record.Name], expiration) { Provenance = provenance }, new(author, now), document.IsStaged),
            cancel);
    }

    /// <summary>Values of another store as they are, with the time at which they end: all of them or none.</summary>
    /// <exception cref="ReferenceValueException">One of the values was revoked; nothing was changed.</exception>
    public Task ImportAsync(IReadOnlyList<ReferenceValue> values, ReferenceValueChange change, CancellationToken cancel)
    {
        var byName = values.ToDictionary(value => value.Name);
        return ChangeAsync([.. byName.Keys], record => record.Register(byName[record.Name], change, isStaged: false), cancel);
    }

    /// <summary>Staged values count from now on, all of them or none.</summary>
    /// <exception cref="ReferenceValueException">One of them is not staged, has expired or was revoked; nothing was changed.</exception>
    public Task ActivateAsync(IReadOnlyList<string> names, ReferenceValueChange change, CancellationToken cancel) =>
        ChangeAsync(names, record => record.Activate(change), cancel);

    /// <summary>Values count no more, all of them or none, and do not come back.</summary>
    /// <param name="names">Of the values.</param>
    /// <param name="item">The one of their allowed values that is revoked; null for all.</param>
    /// <param name="change">Who, when and why.</param>
    /// <param name="cancel">Leaves open whether it happened.</param>
    /// <exception cref="ReferenceValueException">One of them is not there; nothing was changed.</exception>
    public Task RevokeAsync(IReadOnlyList<string> names, JsonNode? item, ReferenceValueChange change, CancellationToken cancel) =>
        ChangeAsync(names, record => record.Revoke(item, change), cancel);

    /// <summary>False when there is none of that name, and none was revoked. Its history is kept, its revocations no longer count.</summary>
    public async Task<bool> DeleteAsync(string name, ReferenceValueChange change, CancellationToken cancel)
    {
        if (await FindRecordAsync(name, cancel) is not { } record || record.StateAt(change.At) == ReferenceValueEvent.Deleted)
            return false;

        await ChangeAsync([name], found => found.Delete(change), cancel);
        return true;
    }

    /// <summary>What is kept of a name; null for one that was never registered.</summary>
    public async ValueTask<ReferenceValueRecord?> FindRecordAsync(string name, CancellationToken cancel)
    {
        if (name.Length is 0 or > StoreWrite.MaxNameLength / 4)
            return null;

        var record = (await ReadAsync(name, cancel)).Record;
        return record.Events.Count > 0 ? record : null;
    }

    /// <summary>Every name that was ever registered, in order.</summary>
    public async ValueTask<IReadOnlyList<ReferenceValueRecord>> ListAsync(CancellationToken cancel)
    {
        var names = new SortedSet<string>(await _store.ListAllAsync(Space, "", cancel), StringComparer.Ordinal);
        names.UnionWith(await _store.ListAllAsync(HistorySpace, "", cancel));
        var records = new List<ReferenceValueRecord>();
        foreach (var name in names)
            records.Add((await ReadAsync(name, cancel)).Record);
        return records;
    }

    public void Dispose() => _snapshot.Dispose();

    /// <summary>One transaction over all names; tried again when another change came between.</summary>
    private async Task ChangeAsync(
        IReadOnlyList<string> names, Func<ReferenceValueRecord, ReferenceValueRecord> change, CancellationToken cancel)
    {
        while (true)
        {
            var writes = new List<StoreWrite>();
            foreach (var name in names)
            {
                var (before, condition) = await ReadAsync(name, cancel);
                var after = change(before);
                writes.Add(StoreWrite.Set(HistorySpace, name, after.ToUtf8(), condition));
                if (after.Active is { } active && !ReferenceEquals(active, before.Active))
                    writes.Add(StoreWrite.Set(Space, name, active.ToUtf8()));
                else if (after.Active is null && before.Active is not null)
                    writes.Add(StoreWrite.Delete(Space, name));
            }

            if (await _snapshot.WriteAsync(writes, cancel) == WriteResult.Written)
                return;
        }
    }

    private async ValueTask<(ReferenceValueRecord Record, WriteCondition Condition)> ReadAsync(string name, CancellationToken cancel)
    {
        var history = await _store.FindAsync(HistorySpace, name, cancel);
        var active = await _store.FindAsync(Space, name, cancel);
        return (
            ReferenceValueRecord.Parse(name, active is null ? null : ReferenceValue.Parse(active.Value), history?.Value),
            history is null ? WriteCondition.MustNotExist : WriteCondition.MustBe(history.Version));
    }

    private async ValueTask<ReferenceValueSnapshot> LoadAsync(CancellationToken cancel)
    {
        var values = new Dictionary<string, ReferenceValue>();
        await foreach (var entry in _store.ReadAllAsync(Space, cancel))
            values[entry.Key] = ReferenceValue.Parse(entry.Value);

        return new ReferenceValueSnapshot(values.ToFrozenDictionary());
    }
}
