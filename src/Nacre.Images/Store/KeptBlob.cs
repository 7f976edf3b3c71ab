using Nacre.Images.Oci;
using Nacre.Images.Transports;

namespace Nacre.Images.Store;

/// <summary>
/// A blob that is kept in a file as it comes, so that a later process goes on where this one was ended. What the file holds is read first; the
/// checks of digest and MAC see all of it again, so a file that is not what it was is noticed like a registry that lies.
/// </summary>
internal sealed class KeptBlob : ReadOnlyStream
{
    private const int Smallest = 1 << 20;

    private readonly FileStream _file;
    private readonly Func<long, ValueTask<Stream>> _open;
    private readonly long _kept;
    private readonly long _size;
    private long _position;
    private Stream? _rest;

    private KeptBlob(FileStream file, Descriptor blob, Func<long, ValueTask<Stream>> open)
    {
        (_file, _open) = (file, open);
        if (file.Length > blob.Size)
            file.SetLength(0);
        (_kept, _size) = (file.Length, blob.Size);
    }

    /// <summary>Bytes came from the file, so a failure may be the file's.</summary>
    public bool Resumed => _kept > 0;

    /// <summary>Null when the blob is not worth a file, or another process is fetching it into this one.</summary>
    public static KeptBlob? TryOpen(string path, Descriptor blob, Func<long, ValueTask<Stream>> open)
    {
        if (blob.Size < Smallest)
            return null;

        try
        {
            // The lock goes with the process, however it ends.
            return new(new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true), blob, open);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>It is of no more use: all of it was right, or some of it was not.</summary>
    public void Forget() => File.Delete(_file.Name);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || (_rest is null && _position == _size))
            return 0;

        int count;
        if (_position < _kept)
        {
            count = await _file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _kept - _position)], cancellationToken);
            if (count == 0)
                throw new EndOfStreamException("The file became shorter while it was read.");
        }
        else
        {
            _rest ??= await _open(_kept);
            count = await _rest.ReadAsync(buffer, cancellationToken);
            await _file.WriteAsync(buffer[..count], cancellationToken);
        }

        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rest?.Dispose();
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
