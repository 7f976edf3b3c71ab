using System.Text;
using Nacre.Attestation.Policies;
using Nacre.Attestation.ReferenceValues;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Resources;
using Nacre.Storage;
using Nacre.Storage.Upstream;

namespace Nacre.KeyBroker.Import;

/// <summary>
/// Takes values of upstream's over into the store of this server (trust.md 6). Everything is looked at first; then it is written in
/// transactions of some values each, and run again it goes on where it was stopped. A server that runs on the store sees them.
/// </summary>
public sealed class StoreImport
{
    private const int BatchValues = 200;
    private const int BatchBytes = 4 * 1024 * 1024;

    private readonly IKeyValueStore _store;
    private readonly TimeProvider _clock;
    private readonly bool _overwrites;
    private readonly bool _onlyChecks;
    private readonly Dictionary<string, ImportCount> _counts = [];
    private readonly List<string> _notes = [];

    private StoreImport(IKeyValueStore store, TimeProvider clock, bool overwrites, bool onlyChecks) =>
        (_store, _clock, _overwrites, _onlyChecks) = (store, clock, overwrites, onlyChecks);

    private enum Fate
    {
        Added,
        Same,
        Replaced,
        Kept,
    }

    /// <param name="options">Of the server whose store it is; a store that is not there yet is made.</param>
    /// <param name="values">What upstream had.</param>
    /// <param name="overwrites">Whether values replace others of the same name.</param>
    /// <param name="onlyChecks">Whether nothing is written and nothing made.</param>
    /// <param name="record">What stands in the audit record of it.</param>
    /// <param name="cancel">Stops between two transactions.</param>
    /// <exception cref="ImportException">Some values cannot be taken over; nothing was.</exception>
    /// <exception cref="StoreException">The store cannot be opened or written.</exception>
    public static async Task<ImportReport> RunAsync(
        TrustServerOptions options, IReadOnlyList<UpstreamValue> values, bool overwrites, bool onlyChecks, RecordedCommand record,
        CancellationToken cancel)
    {
        var plan = ImportPlan.Create(values);
        if (onlyChecks && options.Store == StoreList.Default && !File.Exists(TrustServer.StorePath(options.DataDirectory)))
        {
            await using var empty = new Storage.Memory.MemoryStore();
            return await new StoreImport(empty, options.Clock, overwrites, onlyChecks).RunAsync(plan, cancel);
        }

        await using var store = await ServerStore.OpenAsync(options, cancel);
        await store.StartedAsync();
        var import = new StoreImport(store.Values, options.Clock, overwrites, onlyChecks);
        if (onlyChecks)
            return await import.RunAsync(plan, cancel);

        await using var audit = await CommandRecord.OpenAsync(store.Values, options.DataDirectory, options.Clock, options.Logs, cancel);
        return await audit.RunAsync(
            record, () => import.RunAsync(plan, cancel), report => string.Join("; ", report.Counts), cancel);
    }

    private async Task<ImportReport> RunAsync(ImportPlan plan, CancellationToken cancel)
    {
        foreach (var batch in Batches(plan.Values))
            await WriteAsync(batch, cancel);

        using var attestation = new PolicyStore<AttestationPolicy>(_store, "attestation_service_policy", "", AttestationPolicy.Compile);
        await WriteAsync(plan.AttestationPolicies, attestation, "attestation_service_policy", DefaultPolicies.All, cancel);
        using var release = new PolicyStore<ReleasePolicy>(_store, "kbs", "", ReleasePolicy.Compile);
        await WriteAsync(plan.ReleasePolicies, release, "kbs", [ReleasePolicy.Default], cancel);
        await WriteAsync(plan.References, cancel);

        foreach (var (space, count) in plan.LeftOut)
        {
            _counts[space] = new ImportCount(space, Skipped: count);
            _notes.Add($"{space}: sessions are not taken over; guests attest again");
        }

        return new ImportReport([.. _counts.Values.OrderBy(count => count.Space, StringComparer.Ordinal)], _notes);
    }

    private async Task WriteAsync(IReadOnlyList<UpstreamValue> batch, CancellationToken cancel)
    {
        while (true)
        {
            var writes = new List<StoreWrite>();
            var fates = new List<(string Space, string Key, Fate Fate)>();
            foreach (var value in batch)
            {
                var found = await _store.FindAsync(value.Space, value.Key, cancel);
                var fate = Judge(found is not null, found?.Value.AsSpan().SequenceEqual(value.Value) == true);
                fates.Add((value.Space, value.Key, fate));
                if (fate is Fate.Added or Fate.Replaced)
                {
                    var condition = found is null ? WriteCondition.MustNotExist : WriteCondition.MustBe(found.Version);
                    writes.Add(StoreWrite.Set(value.Space, value.Key, value.Value, condition));
                }
            }

            // Another process came between: look again.
            if (!_onlyChecks && writes.Count > 0 && await _store.WriteAsync(writes, cancel) != WriteResult.Written)
                continue;

            foreach (var (space, key, fate) in fates)
                Count(space, key, fate);
            return;
        }
    }

    // A policy that this server brought itself was nobody's decision.
    private async Task WriteAsync<T>(
        IEnumerable<PolicyDocument> policies, PolicyStore<T> store, string space, IEnumerable<PolicyDocument> defaults, CancellationToken cancel)
        where T : class
    {
        foreach (var policy in policies)
        {
            var found = (await store.FindAsync(policy.Id, cancel))?.Document;
            var isDefault = found is not null && defaults.Any(own => own.Id == found.Id && own.Text == found.Text);
            var fate = Judge(found is not null, found?.Text == policy.Text, isDefault);
            if (!_onlyChecks && fate is Fate.Added or Fate.Replaced)
                await store.SetAsync(policy, new PolicyChange("nacre import", _clock.GetUtcNow(), "imported"), cancel);
            Count(space, policy.Id, fate);
        }
    }

    private async Task WriteAsync(IReadOnlyList<ReferenceValue> references, CancellationToken cancel)
    {
        using var store = new ReferenceValueStore(_store, _clock);
        var snapshot = await store.SnapshotAsync(cancel);
        var known = snapshot.All.ToDictionary(value => value.Name, value => Encoding.UTF8.GetString(value.ToUtf8()));
        foreach (var batch in references.Chunk(BatchValues))
        {
            var taken = new List<ReferenceValue>();
            foreach (var reference in batch)
            {
                var before = known.GetValueOrDefault(reference.Name);
                var fate = Judge(before is not null, before == Encoding.UTF8.GetString(reference.ToUtf8()));
                if (fate is Fate.Added or Fate.Replaced)
                    taken.Add(reference);
                Count("reference_value", reference.Name, fate);
                if (reference.Expiration <= _clock.GetUtcNow())
                    _notes.Add($"reference_value {reference.Name}: has expired, so policies no longer see it; upstream does not look at that");
            }

            if (!_onlyChecks && taken.Count > 0)
                await store.ImportAsync(taken, new("nacre import", _clock.GetUtcNow(), "imported"), cancel);
        }
    }

    private Fate Judge(bool exists, bool isSame, bool mayGo = false) =>
        !exists ? Fate.Added : isSame ? Fate.Same : _overwrites || mayGo ? Fate.Replaced : Fate.Kept;

    private void Count(string space, string key, Fate fate)
    {
        var count = _counts.GetValueOrDefault(space) ?? new ImportCount(space);
        _counts[space] = fate switch
        {
            Fate.Added => count with { Added = count.Added + 1 },
            Fate.Same => count with { Same = count.Same + 1 },
            Fate.Replaced => count with { Replaced = count.Replaced + 1 },
            _ => count with { Kept = count.Kept + 1 },
        };
        if (fate == Fate.Kept)
            _notes.Add($"{space} {key}: another value is there and was kept; --overwrite replaces it");
    }

    private static IEnumerable<IReadOnlyList<UpstreamValue>> Batches(IEnumerable<UpstreamValue> values)
    {
        var batch = new List<UpstreamValue>();
        var bytes = 0;
        foreach (var value in values)
        {
            if (batch.Count > 0 && (batch.Count == BatchValues || bytes + value.Value.Length > BatchBytes))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(value);
            bytes += value.Value.Length;
        }

        if (batch.Count > 0)
            yield return batch;
    }
}
