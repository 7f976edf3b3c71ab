namespace Nacre.Linux.Files;

public enum FileKind
{
    Other,
    Regular,
    Directory,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Fifo,
}

/// <summary>What <c>statx</c> says of a name, never following it. <paramref name="Mode"/> holds the permission bits only.</summary>
public readonly record struct FileStatus(FileKind Kind, uint Mode, uint User, uint Group, uint Links, ulong Inode, long Size)
{
    public long ModifiedSeconds { get; init; }
    public int ModifiedNanoseconds { get; init; }

    /// <summary>Of a device node.</summary>
    public uint Major { get; init; }
    public uint Minor { get; init; }

    /// <summary>The file system it is on.</summary>
    public (uint Major, uint Minor) Device { get; init; }

    /// <summary>Overlayfs' mark of a name that is hidden in the layers below (kernel, filesystems/overlayfs.rst).</summary>
    public bool IsWhiteout => Kind == FileKind.CharacterDevice && Major == 0 && Minor == 0;
}
