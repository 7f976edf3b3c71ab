using System.Runtime.InteropServices;

namespace Nacre.Linux.Fuse;

/// <summary>What a FUSE server needs of libc (fuse(4), mount(2)).</summary>
internal static unsafe partial class FuseCalls
{
    internal const int ReadWrite = 2;
    internal const int CloseOnExec = 0x80000;

    internal const ulong MountReadOnly = 1;
    internal const ulong MountNoSetuid = 2;
    internal const ulong MountNoDevices = 4;

    /// <summary>MNT_DETACH: away from the tree at once, gone when the last user is.</summary>
    internal const int Detach = 2;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string type, ulong flags, string options);

    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);
}
