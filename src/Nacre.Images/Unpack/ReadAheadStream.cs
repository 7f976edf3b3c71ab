using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Nacre.Images.Transports;

namespace Nacre.Images.Unpack;

/// <summary>
/// Reads the stream below on a task of its own, a few buffers ahead, so that what makes the data runs beside what uses it. The buffers are
/// its own and go round; they are zeroed at the end, for they held plaintext.
/// </summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BufferSize = 256 * 1024;

    private readonly Channel<(byte[] Bytes, int Count)> _filled;
    private readonly ConcurrentBag<byte[]> _free = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private (byte[] Bytes, int Count) _current;
    private int _position;

    /// <param name="inner">Belongs to the caller, who disposes it after this.</param>
    /// <param name="buffers">How many of 256 KiB wait at most.</param>
    public ReadAheadStream(Stream inner, int buffers = 8)
    {
        _filled = Channel.CreateBounded<(byte[], int)>(new BoundedChannelOptions(buffers) { SingleReader = true, SingleWriter = true });
        _reading = Task.Run(() => FillAsync(inner));
    }

    /// <summary>Bytes handed out so far.</summary>
    public long Consumed { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_position == _current.Count)
        {
            Recycle();
            // A failure below comes out here, once all bytes before it were handed out.
            if (!_filled.Reader.TryRead(out _current))
            {
                if (!await _filled.Reader.WaitToReadAsync(cancellationToken))
                    return 0;
                _filled.Reader.TryRead(out _current);
            }
        }

        var count = Math.Min(buffer.Length, _current.Count - _position);
        _current.Bytes.AsSpan(_position, count).CopyTo(buffer.Span);
        _position += count;
        Consumed += count;
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        do
            Recycle();
        while (_filled.Reader.TryRead(out _current));
        foreach (var bytes in _free)
            CryptographicOperations.ZeroMemory(bytes);
        _stop.Dispose();
        await base.DisposeAsync();
    }

    private async Task FillAsync(Stream inner)
    {
        byte[]? bytes = null;
        try
        {
            while (true)
            {
                if (!_free.TryTake(out bytes))
                    bytes = new byte[BufferSize];
                var count = await inner.ReadAtLeastAsync(bytes, BufferSize, throwOnEndOfStream: false, _stop.Token);
                if (count == 0)
                    break;
                await _filled.Writer.WriteAsync((bytes, count), _stop.Token);
                bytes = null;
            }

            _filled.Writer.Complete();
        }
        catch (Exception e)
        {
            // Whatever it is belongs to whoever reads.
            _filled.Writer.Complete(e);
        }
        finally
        {
            if (bytes is not null)
                _free.Add(bytes);
        }
    }

    private void Recycle()
    {
        if (_current.Bytes is { } bytes)
            _free.Add(bytes);
        (_current, _position) = (default, 0);
    }
}
