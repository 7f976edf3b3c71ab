using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
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
/// are
/// left out; measurements and initdata are no secrets.
/// </summary>
public sealed partial class DecisionStore : IAsyncDisposable
{
    public const int Kept = 1000;

    private const string Appraisals = "appraisal";
    private const string Releases = "release-decision";
    private const int MaxWaiting = 128;
    private const int MaxRecordBytes = 64 * 1024;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private readonly IKeyValueStore _store;
    private readonly ILogger _log;
    private readonly Channel<StoreWrite> _waiting = Channel.CreateBounded<StoreWrite>(MaxWaiting);
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public DecisionStore(IKeyValueStore store, TimeProvider clock, ILogger log)
    {
        (_store, _log) = (store, log);
        _timer = new PeriodicTimer(s_interval, clock);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Remembers what a token says.</summary>
    public void RecordAppraisal(JsonObject claims, DateTimeOffset at)
    {
        if (_waiting.Reader.Count >= MaxWaiting || claims["jti"] is not JsonValue value || !value.TryGetValue<string>(out var id))
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
        if (_waiting.Reader.Count < MaxWaiting)
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

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
        await FlushAsync(CancellationToken.None);
        _flushing.Dispose();
    }

    private void Record(string space, string id, JsonObject record)
    {
        var json = JsonText.Utf8(record);
        if (json.Length <= MaxRecordBytes)
            _waiting.Writer.TryWrite(StoreWrite.Set(space, id, json));
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync())
            await FlushAsync(CancellationToken.None);
    }

    private async Task FlushAsync(CancellationToken cancel)
    {
        await _flushing.WaitAsync(cancel);
        try
        {
            var writes = new List<StoreWrite>();
            while (writes.Count < MaxWaiting && _waiting.Reader.TryRead(out var write))
                writes.Add(write);
            if (writes.Count == 0)
                return;

            foreach (var space in (string[])[Appraisals, Releases])
            {
                var ids = await _store.ListAllAsync(space, "", cancel);
                var surplus = ids.Count + writes.Count(write => write.Space == space) - Kept;
                writes.AddRange(ids.Take(surplus).Select(id => StoreWrite.Delete(space, id)));
            }

            await _store.WriteAsync(writes, cancel);
        }
        catch (StoreException e)
        {
            LogLost(_log, e);
        }
        finally
        {
            _flushing.Release();
        }
    }

    private async IAsyncEnumerable<(string Id, JsonObject Record)> ListAsync(
        string space, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await FlushAsync(cancel);
        foreach (var id in (await _store.ListAllAsync(space, "", cancel)).Reverse())
        {
            if (await _store.FindAsync(space, id, cancel) is not { } stored)
                continue;

            using var document = StrictJson.Parse(stored.Value, "decision", MaxRecordBytes);
            yield return (id, JsonObject.Create(document.RootElement.Clone())!);
        }
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Decisions for dry runs of policies were not kept")]
    private static partial void LogLost(ILogger log, Exception e);
}
