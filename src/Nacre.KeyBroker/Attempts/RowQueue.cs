using Microsoft.Extensions.Logging;
using Nacre.Storage;

namespace Nacre.KeyBroker.Attempts;

/// <summary>
/// Rows that no request waits for: written together a while after the first of them came, with the removals that keep their namespaces at
/// their size. What waits is lost when the process is killed, and when the store fails.
/// </summary>
internal sealed partial class RowQueue(
    IKeyValueStore store, IReadOnlyList<NewestRows> spaces, int capacity, TimeSpan delay, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<string, int> _written = [];
    private Dictionary<(string Space, string Key), byte[]> _waiting = [];
    private IReadOnlyDictionary<(string Space, string Key), byte[]> _leaving = new Dictionary<(string, string), byte[]>();
    private Task? _next;

    /// <summary>Whether a row would be taken now.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
                return _waiting.Count < capacity;
        }
    }

    /// <summary>False when too many wait already.</summary>
    public bool TryAdd(string space, string key, byte[] value)
    {
        lock (_gate)
        {
            if (_waiting.Count >= capacity)
                return false;
            _waiting[(space, key)] = value;
            _next ??= FlushLaterAsync();
            return true;
        }
    }

    /// <summary>Somebody wrote a row without this queue; room will be made for it.</summary>
    public void NoteWritten(string space)
    {
        lock (_gate)
        {
            _written[space] = _written.GetValueOrDefault(space) + 1;
            _next ??= FlushLaterAsync();
        }
    }

    /// <summary>A row that waits to be written; null when none of that name does.</summary>
    public byte[]? Find(string space, string key)
    {
        lock (_gate)
            return _waiting.GetValueOrDefault((space, key)) ?? _leaving.GetValueOrDefault((space, key));
    }

    /// <summary>Returns when what waited is in the store, or is lost.</summary>
    /// <param name="cancel">Stops the waiting for a write that is under way.</param>
    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        await _flushing.WaitAsync(cancel);
        try
        {
            Dictionary<string, int> written;
            lock (_gate)
            {
                (_leaving, _waiting) = (_waiting, []);
                written = new(_written);
                _written.Clear();
            }

            if (_leaving.Count > 0 || written.Count > 0)
                await WriteAsync(written);
        }
        catch (StoreException e)
        {
            LogLost(log, e);
        }
        finally
        {
            lock (_gate)
                _leaving = new Dictionary<(string, string), byte[]>();
            _flushing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await (_next ?? Task.CompletedTask);
        await FlushAsync(CancellationToken.None);
        _closing.Dispose();
        _flushing.Dispose();
    }

    // To the end, whoever stops waiting for it: what left the queue is nowhere else.
    private async Task WriteAsync(Dictionary<string, int> written)
    {
        var writes = _leaving.Select(row => StoreWrite.Set(row.Key.Space, row.Key.Key, row.Value)).ToList();
        foreach (var space in spaces)
        {
            var coming = _leaving.Keys.Count(row => row.Space == space.Space);
            writes.AddRange(await space.MakeRoomAsync(coming, written.GetValueOrDefault(space.Space), CancellationToken.None));
        }

        await store.WriteAsync(writes, CancellationToken.None);
    }

    private async Task FlushLaterAsync()
    {
        await Task.Delay(delay, clock, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            _next = null;
        await FlushAsync(CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The stories of attempts and decisions since the last write were not kept")]
    private static partial void LogLost(ILogger log, Exception e);
}
