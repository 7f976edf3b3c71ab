using System.Buffers;
using System.Threading.Channels;
using Nacre.Images.Transports;

namespace Nacre.Images.Unpack;

/// <summary>Reads the stream below on a task of its own, a few buffers ahead, so that fetching and deciphering run beside unpacking.</summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BufferSize = 256 * 1024;
    private const int Buffers = 8;

    private readonly Channel<(byte[] Bytes, int Count)> _channel = Channel.CreateBounded<(byte[], int)>(
        new BoundedChannelOptions(Buffers) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private (byte[] Bytes, int Count) _current;
    private int _position;

    public ReadAheadStream(Stream inner) => _reading = Task.Run(() => FillAsync(inner));

    /// <summary>Bytes handed out so far.</summary>
    public long Consumed { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_position == _current.Count)
        {
            Return();
            // A failure below comes out here, once all bytes before it were handed out.
            if (!await _channel.Reader.WaitToReadAsync(cancellationToken))
                return 0;
            _channel.Reader.TryRead(out _current);
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
        Return();
        while (_channel.Reader.TryRead(out _current))
            Return();
        _stop.Dispose();
        await base.DisposeAsync();
    }

    private async Task FillAsync(Stream inner)
    {
        try
        {
            while (true)
            {
                var bytes = ArrayPool<byte>.Shared.Rent(BufferSize);
                var count = await inner.ReadAtLeastAsync(bytes, BufferSize, throwOnEndOfStream: false, _stop.Token);
                if (count == 0)
                    break;
                await _channel.Writer.WriteAsync((bytes, count), _stop.Token);
            }

            _channel.Writer.Complete();
        }
        catch (Exception e)
        {
            // Whatever it is belongs to whoever reads.
            _channel.Writer.Complete(e);
        }
    }

    private void Return()
    {
        if (_current.Bytes is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        (_current, _position) = (default, 0);
    }
}
