namespace Nacre.Images.Transports;

/// <summary>Opened with the first read.</summary>
internal sealed class LazyStream(Func<ValueTask<Stream>> open) : ReadOnlyStream
{
    private Stream? _inner;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _inner ??= await open();
        return await _inner.ReadAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner?.Dispose();
        base.Dispose(disposing);
    }
}
