using System.Collections.Frozen;
using System.Text;
using Nacre.Rego;
using Nacre.Storage;

namespace Nacre.Attestation.Policies;

/// <summary>
/// The policies of one kind, each compiled when it is loaded: once per change, in every process. A policy that does not compile is refused
/// before it is stored.
/// </summary>
/// <typeparam name="T">The compiled form.</typeparam>
public sealed class PolicyStore<T> : IDisposable
    where T : class
{
    private const string Suffix = ".rego";

    private readonly IKeyValueStore _store;
    private readonly string _space;
    private readonly string _keyPrefix;
    private readonly Func<PolicyDocument, T> _compile;
    private readonly PolicyHistory _history;
    private readonly GenerationCache<FrozenDictionary<string, StoredPolicy<T>>> _all;

    /// <param name="store">Where the texts are.</param>
    /// <param name="space">Their namespace, as upstream calls it (trust.md 2.8, 3.7).</param>
    /// <param name="keyPrefix">What their keys begin with in that namespace; may be empty.</param>
    /// <param name="compile">Throws <see cref="RegoException"/> for a text that is no policy.</param>
    public PolicyStore(IKeyValueStore store, string space, string keyPrefix, Func<PolicyDocument, T> compile)
    {
        (_store, _space, _keyPrefix, _compile) = (store, space, keyPrefix, compile);
        _history = new PolicyHistory(store, $"{space}-history");
        _all = new GenerationCache<FrozenDictionary<string, StoredPolicy<T>>>(store, $"{space}/{keyPrefix}", LoadAsync);
    }

    /// <summary>By id, as they are at one moment.</summary>
    public async ValueTask<IReadOnlyDictionary<string, StoredPolicy<T>>> AllAsync(CancellationToken cancel) => await _all.GetAsync(cancel);

    public async ValueTask<StoredPolicy<T>?> FindAsync(string id, CancellationToken cancel) =>
        (await _all.GetAsync(cancel)).GetValueOrDefault(id);

    public async ValueTask<IReadOnlyList<StoredPolicy<T>>> ListAsync(CancellationToken cancel) =>
        [.. (await _all.GetAsync(cancel)).Values.OrderBy(policy => policy.Document.Id, StringComparer.Ordinal)];

    /// <summary>Replaces the policy at once for every process, and keeps the new version.</summary>
    /// <returns>The number of the version and the compiled policy.</returns>
    /// <exception cref="RegoException">The text does not compile; nothing was stored.</exception>
    public async Task<(int Version, T Compiled)> SetAsync(PolicyDocument policy, PolicyChange change, CancellationToken cancel)
    {
        var compiled = _compile(policy);
        var version = await ChangeAsync(policy.Id, policy, change, cancel) ?? throw new InvalidOperationException("a set always changes");
        return (version, compiled);
    }

    /// <summary>False when there was none. Its versions are kept.</summary>
    public async Task<bool> DeleteAsync(string id, PolicyChange change, CancellationToken cancel) =>
        await ChangeAsync(id, null, change, cancel) is not null;

    /// <summary>Of the policy in the store: never the same again after a change; 0 when there is none.</summary>
    public async ValueTask<long> RowVersionAsync(string id, CancellationToken cancel) =>
        (await _store.FindAsync(_space, Key(id), cancel))?.Version ?? 0;

    /// <summary>Replaces or deletes the policy together with other writes, if it is still the one with this row version.</summary>
    /// <returns>The number of the version; null when it is not, or a condition of the others does not hold: nothing was written.</returns>
    /// <exception cref="RegoException">The text does not compile; nothing was written.</exception>
    public async Task<int?> TryChangeAsync(
        string id, PolicyDocument? policy, PolicyChange change, long expected, IReadOnlyList<StoreWrite> others, CancellationToken cancel)
    {
        if (policy is not null)
            _compile(policy);
        var current = await _store.FindAsync(_space, Key(id), cancel);
        if ((current?.Version ?? 0) != expected)
            return null;

        var (number, writes) = await WritesAsync(id, policy, change, current, cancel);
        return await _all.WriteAsync([.. writes, .. others], cancel) == WriteResult.Written ? number : null;
    }

    /// <summary>The oldest first; empty for a policy that was never changed here.</summary>
    public ValueTask<IReadOnlyList<PolicyVersion>> HistoryAsync(string id, CancellationToken cancel) => _history.ListAsync(id, cancel);

    public ValueTask<PolicyVersion?> FindVersionAsync(string id, int number, CancellationToken cancel) =>
        _history.FindAsync(id, number, cancel);

    /// <summary>Compiles a text without keeping it.</summary>
    /// <exception cref="RegoException">It does not compile.</exception>
    public T Compile(PolicyDocument policy) => _compile(policy);

    /// <summary>Stores those whose id is not taken and never was, all at once: one that was deleted stays deleted.</summary>
    public async Task SetDefaultsAsync(IEnumerable<PolicyDocument> policies, DateTimeOffset at, CancellationToken cancel)
    {
        var change = new PolicyChange("nacre", at, "default");
        List<StoreWrite> writes;
        do
        {
            writes = [];
            foreach (var policy in policies)
            {
                if (await _store.FindAsync(_space, Key(policy.Id), cancel) is null && (await HistoryAsync(policy.Id, cancel)).Count == 0)
                    writes.AddRange((await WritesAsync(policy.Id, policy, change, null, cancel)).Writes);
            }
        }
        while (writes.Count > 0 && await _all.WriteAsync(writes, cancel) == WriteResult.Conflict);
    }

    public void Dispose() => _all.Dispose();

    /// <summary>
    /// Policy, version and generation in one transaction; tried again when another change came between. Null when nothing was to delete.
    /// </summary>
    private async Task<int?> ChangeAsync(string id, PolicyDocument? policy, PolicyChange change, CancellationToken cancel)
    {
        while (true)
        {
            var current = await _store.FindAsync(_space, Key(id), cancel);
            if (policy is null && current is null)
                return null;

            var (number, writes) = await WritesAsync(id, policy, change, current, cancel);
            if (await _all.WriteAsync(writes, cancel) == WriteResult.Written)
                return number;
        }
    }

    /// <summary>They hold while the policy is <paramref name="current"/>.</summary>
    private async ValueTask<(int Number, IReadOnlyList<StoreWrite> Writes)> WritesAsync(
        string id, PolicyDocument? policy, PolicyChange change, StoredValue? current, CancellationToken cancel)
    {
        var before = current is null ? null : new PolicyDocument(id, Encoding.UTF8.GetString(current.Value));
        var (number, versions) = await _history.NextAsync(id, policy, change, before, cancel);
        var condition = current is null ? WriteCondition.MustNotExist : WriteCondition.MustBe(current.Version);
        var write = policy is null
            ? StoreWrite.Delete(_space, Key(id), condition)
            : StoreWrite.Set(_space, Key(id), Encoding.UTF8.GetBytes(policy.Text), condition);
        return (number, [write, .. versions]);
    }

    private string Key(string id) => $"{_keyPrefix}{id}{Suffix}";

    private async ValueTask<FrozenDictionary<string, StoredPolicy<T>>> LoadAsync(CancellationToken cancel)
    {
        var policies = new Dictionary<string, StoredPolicy<T>>();
        foreach (var key in await _store.ListAllAsync(_space, _keyPrefix, cancel))
        {
            if (!key.EndsWith(Suffix, StringComparison.Ordinal) || await _store.FindAsync(_space, key, cancel) is not { } stored)
                continue;

            var document = new PolicyDocument(key[_keyPrefix.Length..^Suffix.Length], Encoding.UTF8.GetString(stored.Value));
            policies.Add(document.Id, new StoredPolicy<T>(document, _compile(document)));
        }

        return policies.ToFrozenDictionary();
    }
}

/// <summary>A policy and its compiled form.</summary>
public sealed record StoredPolicy<T>(PolicyDocument Document, T Compiled);
