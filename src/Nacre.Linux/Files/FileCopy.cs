using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nacre.Linux.Files;

/// <summary>Copies the content of a file inside the kernel: by sharing its blocks where the file system can, else range by range; holes stay holes.</summary>
public static unsafe class FileCopy
{
    // linux/fs.h, _IOW(0x94, 9, int).
    private const nuint Clone = 0x40049409;
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <param name="from">Read from its beginning.</param>
    /// <param name="to">Empty, and open for writing.</param>
    /// <param name="size">Bytes, holes included.</param>
    /// <exception cref="SystemCallException">It cannot be read or written.</exception>
    public static void Copy(SafeFileHandle from, SafeFileHandle to, long size)
    {
        var (source, target) = ((int)from.DangerousGetHandle(), (int)to.DangerousGetHandle());
        if (size == 0 || FileCalls.Control(target, Clone, source) == 0)
            return;

        var position = 0L;
        while (position < size && FindData(source, position) is { } data)
        {
            var end = Math.Min(size, FileCalls.Seek(source, data, SeekHole) is var hole and > 0 ? hole : size);
            CopyRange(source, target, data, end);
            position = end;
        }

        RandomAccess.SetLength(to, size);
    }

    private static void CopyRange(int source, int target, long position, long end)
    {
        var (read, write) = (position, position);
        while (read < end)
        {
            var count = FileCalls.CopyRange(source, &read, target, &write, (nuint)(end - read), 0);
            if (count < 0)
                throw new SystemCallException("copy_file_range", Marshal.GetLastPInvokeError(), "a file");
            if (count == 0)
                throw new EndOfStreamException("The file became shorter while it was copied.");
        }
    }

    // ENXIO: nothing but a hole from there to the end.
    private static long? FindData(int source, long position)
    {
        var found = FileCalls.Seek(source, position, SeekData);
        if (found >= 0)
            return found;
        return Marshal.GetLastPInvokeError() == Errno.NoSuchAddress
            ? null
            : throw new SystemCallException("lseek", Marshal.GetLastPInvokeError(), "a file");
    }
}
