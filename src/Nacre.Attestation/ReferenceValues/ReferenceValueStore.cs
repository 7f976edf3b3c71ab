using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Nacre.Storage;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>The reference values of this server. Readers take an immutable snapshot, which is remade when a value changes.</summary>
public sealed class ReferenceValueStore : IReferenceSource, IDisposable
{
    private const string Space = "reference_value";

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

    /// <summary>Registers all of them or none; a value with the same name is replaced.</summary>
    public async Task RegisterAsync(IReadOnlyList<(string Name, JsonNode? Value)> values, CancellationToken cancel)
    {
        var expiration = _clock.GetUtcNow().AddMonths(LifeMonths);
        await SetAsync([.. values.Select(value => new ReferenceValue(value.Name, value.Value, expiration))], cancel);
    }

    /// <summary>As they are, with the time at which they end: all of them or none.</summary>
    public async Task SetAsync(IReadOnlyList<ReferenceValue> values, CancellationToken cancel) =>
        await _store.WriteAsync([.. values.Select(value => StoreWrite.Set(Space, value.Name, value.ToUtf8())), _snapshot.Touch()], cancel);

    /// <summary>False when there is none of that name.</summary>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancel)
    {
        if (name.Length is 0 or > StoreWrite.MaxNameLength / 4 || await _store.FindAsync(Space, name, cancel) is not { } found)
            return false;

        return await _store.WriteAsync(
            [StoreWrite.Delete(Space, name, WriteCondition.MustBe(found.Version)), _snapshot.Touch()], cancel) == WriteResult.Written;
    }

    public void Dispose() => _snapshot.Dispose();

    private async ValueTask<ReferenceValueSnapshot> LoadAsync(CancellationToken cancel)
    {
        var values = new Dictionary<string, ReferenceValue>();
        foreach (var name in await _store.ListAllAsync(Space, "", cancel))
        {
            if (await _store.FindAsync(Space, name, cancel) is { } stored)
                values.Add(name, ReferenceValue.Parse(stored.Value));
        }

        return new ReferenceValueSnapshot(values.ToFrozenDictionary());
    }
}
