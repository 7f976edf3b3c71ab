using Nacre.Formats.Erofs;

namespace Nacre.Images.Verity;

/// <summary>One file of a layer while its image is made; a hard link is the same node under a second name.</summary>
internal sealed class ErofsNode(ErofsKind kind)
{
    public ErofsKind Kind { get; } = kind;
    public ushort Permissions { get; set; }
    public uint User { get; set; }
    public uint Group { get; set; }
    public long Seconds { get; set; }
    public uint Nanoseconds { get; set; }
    public SortedDictionary<string, byte[]> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Names below a directory, in the order of their bytes; null for anything else.</summary>
    public SortedDictionary<string, ErofsNode>? Children { get; } =
        kind == ErofsKind.Directory ? new(StringComparer.Ordinal) : null;

    /// <summary>Names of a file; of a directory those and the <c>..</c> below it. Counted when the tree is complete.</summary>
    public uint Links { get; set; }

    /// <summary>Of the data. That of a directory follows from its names.</summary>
    public long Size { get; set; }

    /// <summary>First block of the data, or the number of a device.</summary>
    public uint BlockOrDevice { get; set; }

    /// <summary>The target of a symbolic link.</summary>
    public byte[]? Target { get; set; }

    /// <summary>Where in the store of last parts that of this file is.</summary>
    public long TailAt { get; set; }

    /// <summary>Whether the last part of the data stands behind the inode.</summary>
    public bool Inline { get; set; }

    /// <summary>The number of the inode: its place in units of 32 bytes. 0 until it has one.</summary>
    public ulong Inode { get; set; }

    public uint Serial { get; set; }

    public bool IsWhiteout => Kind == ErofsKind.CharacterDevice && BlockOrDevice == 0;
}
