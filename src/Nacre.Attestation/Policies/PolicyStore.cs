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
    private readonly GenerationCache<FrozenDictionary<string, StoredPolicy<T>>> _all;

    /// <param name="store">Where the texts are.</param>
    /// <param name="space">Their namespace, as upstream calls it (trust.md 2.8, 3.7).</param>
    /// <param name="keyPrefix">What their keys begin with in that namespace; may be empty.</param>
    /// <param name="compile">Throws <see cref="RegoException"/> for a text that is no policy.</param>
    public PolicyStore(IKeyValueStore store, string space, string keyPrefix, Func<PolicyDocument, T> compile)
    {
        (_store, _space, _keyPrefix, _compile) = (store, space, keyPrefix, compile);
        _all = new GenerationCache<FrozenDictionary<string, StoredPolicy<T>>>(store, $"{space}/{keyPrefix}", LoadAsync);
    }

    public async ValueTask<StoredPolicy<T>?> FindAsync(string id, CancellationToken cancel) =>
        (await _all.GetAsync(cancel)).GetValueOrDefault(id);

    public async ValueTask<IReadOnlyList<StoredPolicy<T>>> ListAsync(CancellationToken cancel) =>
        [.. (await _all.GetAsync(cancel)).Values.OrderBy(policy => policy.Document.Id, StringComparer.Ordinal)];

    /// <exception cref="RegoException">The text does not compile; nothing was stored.</exception>
    public async Task SetAsync(PolicyDocument policy, CancellationToken cancel)
    {
        _compile(policy);
        await _store.WriteAsync([Write(policy, WriteCondition.None), _all.Touch()], cancel);
    }

    /// <summary>Stores those whose id is not taken yet.</summary>
    public async Task SetDefaultsAsync(IEnumerable<PolicyDocument> policies, CancellationToken cancel)
    {
        foreach (var policy in policies)
        {
            if (await _store.FindAsync(_space, Key(policy.Id), cancel) is null)
                await _store.WriteAsync([Write(policy, WriteCondition.MustNotExist), _all.Touch()], cancel);
        }
    }

    public void Dispose() => _all.Dispose();

    private StoreWrite Write(PolicyDocument policy, WriteCondition condition) =>
        StoreWrite.Set(_space, Key(policy.Id), Encoding.UTF8.GetBytes(policy.Text), condition);

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
