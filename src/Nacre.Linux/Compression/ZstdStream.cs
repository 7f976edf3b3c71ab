using System.Runtime.InteropServices;

namespace Nacre.Linux.Compression;

/// <summary>
/// Decompresses Zstandard frames, one after the other, through the system's libzstd. The window is limited to 128 MiB
/// (RFC 8878 3.1.1.1.2 recommends at least 8 MiB), so that a frame cannot claim all memory.
/// </summary>
public sealed partial class ZstdStream : Stream
{
    private const string Library = "libzstd.so.1";
    private const int WindowLogMax = 100;
    private const int LargestWindowLog = 27;

    private readonly Stream _inner;
    private readonly byte[] _input = new byte[128 * 1024];
    private nint _context;
    private int _inputStart;
    private int _inputEnd;
    private bool _insideFrame;
    private bool _outputFull;

    public ZstdStream(Stream inner)
    {
        _inner = inner;
        _context = ZSTD_createDCtx();
        if (_context == 0)
            throw new InvalidOperationException("libzstd has no memory for a context.");
        ZSTD_DCtx_setParameter(_context, WindowLogMax, LargestWindowLog);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("This stream is read asynchronously.");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        while (!buffer.IsEmpty)
        {
            if (_inputStart == _inputEnd && !_outputFull)
            {
                (_inputStart, _inputEnd) = (0, await _inner.ReadAsync(_input, cancellationToken));
                if (_inputEnd == 0)
                    return _insideFrame ? throw new InvalidDataException("The zstd data ends inside a frame.") : 0;
            }

            var written = Decompress(buffer.Span);
            if (written > 0)
                return written;
        }

        return 0;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_context != 0)
            ZSTD_freeDCtx(_context);
        _context = 0;
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    private unsafe int Decompress(Span<byte> target)
    {
        fixed (byte* source = _input)
        fixed (byte* destination = target)
        {
            var input = new ZstdBuffer { Start = source, Size = (nuint)_inputEnd, Position = (nuint)_inputStart };
            var output = new ZstdBuffer { Start = destination, Size = (nuint)target.Length };
            var result = ZSTD_decompressStream(_context, &output, &input);
            if (ZSTD_isError(result) != 0)
                throw new InvalidDataException($"The zstd data is damaged: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(result))}.");

            _inputStart = (int)input.Position;
            _insideFrame = result != 0;
            _outputFull = output.Position == output.Size && result != 0;
            return (int)output.Position;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct ZstdBuffer
    {
        public byte* Start;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport(Library)]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_DCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(Library)]
    private static unsafe partial nuint ZSTD_decompressStream(nint context, ZstdBuffer* output, ZstdBuffer* input);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint code);
}
