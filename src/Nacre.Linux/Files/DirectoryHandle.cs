using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Nacre.Linux.Files;

/// <summary>
/// A directory by descriptor. Names are single components (see <see cref="FileName"/>) and are never followed when they are symbolic
/// links; only <see cref="OpenBeneath"/> takes a path, and the kernel keeps that below this directory (openat2(2)).
/// </summary>
public sealed unsafe class DirectoryHandle : SafeHandleMinusOneIsInvalid
{
    private const ulong ResolveNoMagicLinks = 0x02;
    private const ulong ResolveNoSymlinks = 0x04;
    private const ulong ResolveBeneath = 0x08;

    private DirectoryHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens a directory that the caller trusts, by an ordinary path.</summary>
    public static DirectoryHandle Open(string path)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + '\0'))
            return new(Check(FileCalls.Open(pointer, FileCalls.ReadOnly | FileCalls.Directory | FileCalls.CloseOnExec, 0), "open", path));
    }

    /// <summary>Opens a directory below this one; no symbolic link on the way is followed.</summary>
    /// <exception cref="SystemCallException">EXDEV when the path climbs out, ELOOP when a link is on the way.</exception>
    public DirectoryHandle OpenBeneath(string path)
    {
        var how = new FileCalls.OpenHow
        {
            Flags = (ulong)(FileCalls.ReadOnly | FileCalls.Directory | FileCalls.CloseOnExec | FileCalls.NoFollow),
            Resolve = ResolveBeneath | ResolveNoSymlinks | ResolveNoMagicLinks,
        };
        fixed (byte* pointer = FileName.Terminated(path.Length == 0 ? "." : path))
            return new(Check(FileCalls.OpenAt2(Descriptor, pointer, how), "openat2", path));
    }

    /// <summary>Opens an existing regular file below this one for reading; no symbolic link on the way is followed.</summary>
    public SafeFileHandle OpenFileBeneath(string path)
    {
        var how = new FileCalls.OpenHow
        {
            Flags = (ulong)(FileCalls.ReadOnly | FileCalls.CloseOnExec | FileCalls.NoFollow | 0x800 /* O_NONBLOCK: a FIFO must not hang us */),
            Resolve = ResolveBeneath | ResolveNoSymlinks | ResolveNoMagicLinks,
        };
        fixed (byte* pointer = FileName.Terminated(path))
            return new(Check(FileCalls.OpenAt2(Descriptor, pointer, how), "openat2", path), ownsHandle: true);
    }

    /// <summary>Makes a file that must not exist.</summary>
    public SafeFileHandle CreateFile(string name, uint mode)
    {
        var flags = FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive | FileCalls.NoFollow | FileCalls.CloseOnExec;
        fixed (byte* pointer = FileName.Terminated(name))
            return new(Check(FileCalls.OpenAt(Descriptor, pointer, flags, mode), "openat", name), ownsHandle: true);
    }

    public void MakeDirectory(string name, uint mode)
    {
        fixed (byte* pointer = FileName.Terminated(name))
            Check(FileCalls.MakeDirectoryAt(Descriptor, pointer, mode), "mkdirat", name);
    }

    /// <summary>A device or FIFO; <paramref name="major"/> and <paramref name="minor"/> are 0 for a FIFO.</summary>
    public void MakeNode(string name, FileKind kind, uint mode, uint major, uint minor)
    {
        var type = kind switch
        {
            FileKind.CharacterDevice => 0x2000u,
            FileKind.BlockDevice => 0x6000u,
            FileKind.Fifo => 0x1000u,
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        // gnu_dev_makedev.
        var device = (minor & 0xffUL) | ((major & 0xfffUL) << 8) | ((ulong)(minor & ~0xffu) << 12) | ((ulong)(major & ~0xfffu) << 32);
        fixed (byte* pointer = FileName.Terminated(name))
            Check(FileCalls.MakeNodeAt(Descriptor, pointer, type | mode, device), "mknodat", name);
    }

    /// <summary>Another name in this directory for <paramref name="targetName"/> in <paramref name="targetDirectory"/>.</summary>
    public void MakeHardLink(string name, DirectoryHandle targetDirectory, string targetName)
    {
        fixed (byte* pointer = FileName.Terminated(name))
        fixed (byte* target = FileName.Terminated(targetName))
            Check(FileCalls.LinkAt(targetDirectory.Descriptor, target, Descriptor, pointer, 0), "linkat", name);
    }

    public void MakeSymbolicLink(string name, string target)
    {
        fixed (byte* pointer = FileName.Terminated(name))
        fixed (byte* targetPointer = FileName.Terminated(target))
            Check(FileCalls.SymlinkAt(targetPointer, Descriptor, pointer), "symlinkat", name);
    }

    /// <summary>Where a symbolic link points; at most 4,095 bytes, as the kernel allows.</summary>
    public string ReadSymbolicLink(string name)
    {
        const int longest = 4096;
        Span<byte> buffer = stackalloc byte[longest];
        fixed (byte* pointer = FileName.Terminated(name))
        fixed (byte* target = buffer)
        {
            var count = FileCalls.ReadLinkAt(Descriptor, pointer, target, longest);
            return count >= 0 ? FileName.FromBytes(buffer[..(int)count]) : throw Failure("readlinkat", name);
        }
    }

    public void Remove(string name, bool directory)
    {
        fixed (byte* pointer = FileName.Terminated(name))
            Check(FileCalls.UnlinkAt(Descriptor, pointer, directory ? FileCalls.AtRemoveDirectory : 0), "unlinkat", name);
    }

    /// <summary>Removes a name and, when it is a directory, all below it.</summary>
    public void RemoveTree(string name)
    {
        if (FindStatus(name) is not { } status)
            return;

        if (status.Kind != FileKind.Directory)
        {
            Remove(name, directory: false);
            return;
        }

        // Its owner may have to give back the right to do so first.
        const uint ownerAll = 0x1c0;
        if ((status.Mode & ownerAll) != ownerAll)
            ChangeMode(name, status.Mode | ownerAll);
        using (var inner = OpenBeneath(name))
        {
            foreach (var child in inner.Names())
                inner.RemoveTree(child);
        }

        Remove(name, directory: true);
    }

    public void ChangeOwner(string name, uint user, uint group)
    {
        fixed (byte* pointer = FileName.Terminated(name))
            Check(FileCalls.ChangeOwnerAt(Descriptor, pointer, user, group, FileCalls.AtSymlinkNoFollow), "fchownat", name);
    }

    /// <summary>Must not be used on a symbolic link: the kernel would follow it.</summary>
    public void ChangeMode(string name, uint mode)
    {
        fixed (byte* pointer = FileName.Terminated(name))
            Check(FileCalls.ChangeModeAt(Descriptor, pointer, mode, 0), "fchmodat", name);
    }

    public void SetModified(string name, long seconds, int nanoseconds)
    {
        var times = stackalloc FileCalls.Timespec[2];
        times[0] = times[1] = new() { Seconds = seconds, Nanoseconds = nanoseconds };
        fixed (byte* pointer = FileName.Terminated(name))
            Check(FileCalls.SetTimesAt(Descriptor, pointer, times, FileCalls.AtSymlinkNoFollow), "utimensat", name);
    }

    public void SetAttribute(string name, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* path = FileName.Terminated(PathOf(name)))
        fixed (byte* attributeName = FileName.Terminated(attribute))
        fixed (byte* bytes = value.IsEmpty ? [0] : value)
            Check(FileCalls.SetAttribute(path, attributeName, bytes, (nuint)value.Length, 0), "lsetxattr", $"{name} ({attribute})");
    }

    /// <summary>Names of the extended attributes, in no order.</summary>
    public IReadOnlyList<string> AttributeNames(string name)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* path = FileName.Terminated(PathOf(name)))
        fixed (byte* target = buffer)
        {
            var count = FileCalls.ListAttributes(path, target, (nuint)buffer.Length);
            if (count < 0 && Marshal.GetLastPInvokeError() == Errno.NotSupported)
                return [];
            if (count < 0)
                throw Failure("llistxattr", name);
            return [.. FileName.FromBytes(buffer[..(int)count]).Split('\0', StringSplitOptions.RemoveEmptyEntries)];
        }
    }

    /// <summary>Null when there is no such attribute.</summary>
    public byte[]? FindAttribute(string name, string attribute)
    {
        // Most are not there or short; the largest are XATTR_SIZE_MAX.
        const int largest = 64 * 1024;
        Span<byte> small = stackalloc byte[256];
        return TryGetAttribute(name, attribute, small, out var value) || TryGetAttribute(name, attribute, new byte[largest], out value)
            ? value
            : throw Failure("lgetxattr", name);
    }

    // False when the buffer is too small.
    private bool TryGetAttribute(string name, string attribute, Span<byte> buffer, out byte[]? value)
    {
        value = null;
        fixed (byte* path = FileName.Terminated(PathOf(name)))
        fixed (byte* attributeName = FileName.Terminated(attribute))
        fixed (byte* target = buffer)
        {
            var count = FileCalls.GetAttribute(path, attributeName, target, (nuint)buffer.Length);
            if (count >= 0)
                value = buffer[..(int)count].ToArray();
            return count >= 0 || Marshal.GetLastPInvokeError() switch
            {
                Errno.NoData or Errno.NotSupported => true,
                Errno.OutOfRange => false,
                _ => throw Failure("lgetxattr", name),
            };
        }
    }

    /// <summary>Null when there is no such name.</summary>
    public FileStatus? FindStatus(string name)
    {
        const uint basicMask = 0x7ff;
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* pointer = FileName.Terminated(name))
        fixed (byte* target = buffer)
        {
            if (FileCalls.Statx(Descriptor, pointer, FileCalls.AtSymlinkNoFollow, basicMask, target) != 0)
                return Marshal.GetLastPInvokeError() is Errno.NoEntry or Errno.NotDirectory ? null : throw Failure("statx", name);
        }

        // struct statx, linux/stat.h.
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]);
        var kind = (mode & 0xf000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.SymbolicLink,
            0x2000 => FileKind.CharacterDevice,
            0x6000 => FileKind.BlockDevice,
            0x1000 => FileKind.Fifo,
            _ => FileKind.Other,
        };
        return new(
            kind,
            mode & 0xfffu,
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]))
        {
            ModifiedSeconds = BinaryPrimitives.ReadInt64LittleEndian(buffer[112..]),
            ModifiedNanoseconds = BinaryPrimitives.ReadInt32LittleEndian(buffer[120..]),
            Major = BinaryPrimitives.ReadUInt32LittleEndian(buffer[128..]),
            Minor = BinaryPrimitives.ReadUInt32LittleEndian(buffer[132..]),
            Device = (BinaryPrimitives.ReadUInt32LittleEndian(buffer[136..]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[140..])),
        };
    }

    /// <summary>The names in this directory, without <c>.</c> and <c>..</c>, in no order.</summary>
    public IReadOnlyList<string> Names()
    {
        // A fresh descriptor, because the position of a directory stream belongs to the descriptor.
        using var reader = OpenBeneath(".");
        var names = new List<string>();
        var buffer = new byte[32 * 1024];
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = FileCalls.GetDirectoryEntries(reader.Descriptor, pointer, (nuint)buffer.Length);
                if (count < 0)
                    throw Failure("getdents64", ".");
                if (count == 0)
                    return names;

                // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name nul-terminated.
                for (var at = 0; at < count; at += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16)))
                {
                    var name = buffer.AsSpan(at + 19);
                    name = name[..name.IndexOf((byte)0)];
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                        names.Add(FileName.FromBytes(name));
                }
            }
        }
    }

    /// <summary>Writes out what waits in memory for the whole file system that this directory is on.</summary>
    public void SyncFileSystem() => Check(FileCalls.SyncFileSystem(Descriptor), "syncfs", ".");

    /// <summary>A path of this directory that is valid in this process while it is open, whatever it is called.</summary>
    public string DescriptorPath => $"/proc/self/fd/{Descriptor}";

    protected override bool ReleaseHandle() => FileCalls.Close((int)handle) == 0;

    // The calls on attributes know no directory descriptors.
    private string PathOf(string name) => $"{DescriptorPath}/{name}";

    private int Descriptor => IsClosed ? throw new ObjectDisposedException(nameof(DirectoryHandle)) : (int)handle;

    private static int Check(int result, string call, string subject) => result >= 0 ? result : throw Failure(call, subject);

    private static SystemCallException Failure(string call, string subject) =>
        new(call, Marshal.GetLastPInvokeError(), FileName.Display(subject));
}
