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
public readonly record struct FileStatus(FileKind Kind, uint Mode, uint User, uint Group, uint Links, ulong Inode, long Size);
