using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Resources;
using Nacre.Storage;

namespace Nacre.KeyBroker.Attempts;

/// <summary>
/// The newest appraisals and release decisions, good and bad, so that another policy can be tried on them. Written in the background, some
/// at a time and no more than <see cref="Kept"/>: no request waits for it, and under load only a sample is kept. Nonces and keys of guests
/// are left out; measurements and initdata are no secrets.
/// </summary>
public sealed class DecisionStore : IAsyncDisposable
{
    public const int Kept = 1000;

    private const string Appraisals = "appraisal";
    private const string Releases = "release-decision";
    private const int MaxWaiting = 128;
    private const int MaxRecordBytes = 64 * 1024;
    private static readonly TimeSpan s_lag = TimeSpan.FromSeconds(2);

    private readonly IKeyValueStore _store;
    private readonly RowQueue _queue;

    public DecisionStore(IKeyValueStore store, TimeProvider clock, ILogger log)
    {
        _store = store;
        _queue = new RowQueue(
            store, [new NewestRows(store, Appraisals, Kept), new NewestRows(store, Releases, Kept)], MaxWaiting, s_lag, clock, log);
    }

    /// <summary>Remembers what a token says.</summary>
    public void RecordAppraisal(JsonObject claims, DateTimeOffset at)
    {
        if (!_queue.HasRoom || claims["jti"] is not JsonValue value || !value.TryGetValue<string>(out var id))
            return;

        var redacted = claims.DeepClone().AsObject();
        foreach (var (_, submodule) in redacted["submods"] as JsonObject ?? [])
        {
            if (submodule?["ear.veraison.annotated-evidence"]?["runtime_data_claims"] is JsonObject bound)
            {
                bound.Remove("nonce");
                bound.Remove("tee-pubkey");
            }
        }

        Record(Appraisals, id, new JsonObject { ["at"] = Time(at), ["claims"] = redacted });
    }

    /// <summary>Remembers what a guest asked for and whether it got it.</summary>
    public void RecordRelease(string appraisal, ReleaseRequest request, bool isAllowed, DateTimeOffset at)
    {
        if (_queue.HasRoom)
        {
            Record(Releases, ReferenceId.Create(at), new JsonObject
            {
                ["at"] = Time(at),
                ["appraisal"] = appraisal,
                ["allowed"] = isAllowed,
                ["request"] = request.ToJson(),
            });
        }
    }

    /// <summary>The newest first: <c>at</c> and <c>claims</c>, by id.</summary>
    public IAsyncEnumerable<(string Id, JsonObject Record)> AppraisalsAsync(CancellationToken cancel) => ListAsync(Appraisals, cancel);

    /// <summary>The newest first: <c>at</c>, <c>appraisal</c>, <c>allowed</c> and <c>request</c>, by id.</summary>
    public IAsyncEnumerable<(string Id, JsonObject Record)> ReleasesAsync(CancellationToken cancel) => ListAsync(Releases, cancel);

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private void Record(string space, string id, JsonObject record)
    {
        var json = JsonText.Utf8(record);
        if (json.Length <= MaxRecordBytes)
            _queue.TryAdd(space, id, json);
    }

    private async IAsyncEnumerable<(string Id, JsonObject Record)> ListAsync(
        string space, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await _queue.FlushAsync(cancel);
        foreach (var id in (await _store.ListAllAsync(space, "", cancel)).Reverse())
        {
            if (await _store.FindAsync(space, id, cancel) is not { } stored)
                continue;

            using var document = StrictJson.Parse(stored.Value, "decision", MaxRecordBytes);
            yield return (id, JsonObject.Create(document.RootElement.Clone())!);
        }
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
