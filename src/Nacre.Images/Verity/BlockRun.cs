namespace Nacre.Images.Verity;

/// <summary>Blocks one after the other, read from the file in larger pieces.</summary>
internal sealed class BlockRun(int blockSize)
{
    private const int Piece = 1 << 20;
    private readonly byte[] _buffer = new byte[Math.Max(Piece, blockSize)];
    private long _next;
    private long _end;
    private int _at;
    private int _filled;

    public void Start(long firstBlock, int count)
    {
        (_next, _end) = (firstBlock, firstBlock + count);
        (_at, _filled) = (0, 0);
    }

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Next(BlockFile source)
    {
        if (_at == _filled)
        {
            var count = (int)Math.Min(_buffer.Length / blockSize, _end - _next);
            _filled = count * blockSize;
            source.ReadExactly(_buffer.AsSpan(0, _filled), _next * blockSize);
            (_next, _at) = (_next + count, 0);
        }

        _at += blockSize;
        return _buffer.AsSpan(_at - blockSize, blockSize);
    }
}
