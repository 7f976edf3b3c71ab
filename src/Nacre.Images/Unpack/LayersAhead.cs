namespace Nacre.Images.Unpack;

/// <summary>
/// Opens the layers of an image in order, a few at once: while one is unpacked, those after it are fetched, decrypted and decompressed as far
/// as their buffers go. Layers are given out in order, because a later one may hide what an earlier one wrote.
/// </summary>
internal sealed class LayersAhead(int count, int atOnce, Func<int, CancellationToken, Task<LayerFeed>> open, CancellationToken cancel) : IAsyncDisposable
{
    private readonly Queue<Task<LayerFeed>> _opened = [];
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    private int _next;

    /// <summary>The next layer, or null after the last; the caller disposes it before asking for another.</summary>
    public async ValueTask<LayerFeed?> NextAsync()
    {
        while (_next < count && _opened.Count < atOnce)
        {
            var position = _next++;
            _opened.Enqueue(Task.Run(() => open(position, _stop.Token)));
        }

        return _opened.TryDequeue(out var layer) ? await layer : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var layer in _opened)
        {
            // The first error is the one that counts; what fails after it, or because of this cancellation, has nobody to tell.
            await ((Task)layer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (layer.IsCompletedSuccessfully)
                await (await layer).DisposeAsync();
        }

        _stop.Dispose();
    }
}
