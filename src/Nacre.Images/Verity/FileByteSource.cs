using Microsoft.Win32.SafeHandles;

namespace Nacre.Images.Verity;

/// <summary>A file of this machine.</summary>
public sealed class FileByteSource(string path) : IByteSource
{
    private readonly SafeFileHandle _file = File.OpenHandle(path, options: FileOptions.Asynchronous | FileOptions.RandomAccess);

    public string Where => path;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        while (!buffer.IsEmpty)
        {
            var count = await RandomAccess.ReadAsync(_file, buffer, offset, cancel);
            if (count == 0)
                throw BlockFile.CutShort(offset, path);
            (buffer, offset) = (buffer[count..], offset + count);
        }
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
