using System.Buffers.Binary;

namespace Nacre.Formats.Erofs;

/// <summary>The kinds of files, by their bits in a mode (S_IFMT).</summary>
public enum ErofsKind
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xa000,
    Socket = 0xc000,
}

/// <summary>
/// One inode (erofs_fs.h). The compact form of 32 bytes has no time, 16-bit owners and a 32-bit size; the extended one of 64 bytes has all.
/// Behind it come its attributes and, where <see cref="Inline"/>, the last part of its data that does not fill a block.
/// </summary>
public sealed record ErofsInode
{
    public const int CompactSize = 32;
    public const int ExtendedSize = 64;

    /// <summary>Bytes from one inode number to the next.</summary>
    public const int Slot = 32;

    private const int FlatPlain = 0;
    private const int FlatInline = 2;

    public bool Extended { get; init; }

    public bool Inline { get; init; }

    public required ErofsKind Kind { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public required ushort Permissions { get; init; }

    public required uint User { get; init; }
    public required uint Group { get; init; }
    public required uint Links { get; init; }

    /// <summary>Of the data, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>First block of the data, or the number of a device.</summary>
    public required uint BlockOrDevice { get; init; }

    /// <summary>A running number for stat(2) on systems of 32 bits.</summary>
    public required uint Serial { get; init; }

    /// <summary>Bytes of the attributes behind the inode, 0 or 12 at least.</summary>
    public required int AttributesSize { get; init; }

    /// <summary>Null in the compact form: the time of the superblock.</summary>
    public (long Seconds, uint Nanoseconds)? Modified { get; init; }

    public int HeaderSize => Extended ? ExtendedSize : CompactSize;

    /// <summary>Bytes of the data that stand behind the inode.</summary>
    public int InlineSize => Inline ? (int)(Size % ErofsSuperblock.BlockSize) : 0;

    /// <summary>Whether the first bytes are those of an extended inode, which <see cref="Parse"/> needs 64 of.</summary>
    public static bool IsExtended(ReadOnlySpan<byte> start) => (start[0] & 1) != 0;

    /// <exception cref="MalformedDataException">Which field, and which rule it breaks.</exception>
    public static ErofsInode Parse(ReadOnlySpan<byte> bytes)
    {
        var r = new StructReader("erofs.inode", bytes);
        var format = r.UInt16LE("i_format");
        if (format >> 4 != 0)
            throw r.Malformed($"is 0x{format:x}, bits 4 to 15 are reserved and must be zero");
        if ((format >> 1) is not (FlatPlain or FlatInline))
            throw r.Malformed($"has data of layout {format >> 1}, only plain (0) and inline (2) are read here");

        var extended = (format & 1) != 0;
        var attributes = r.UInt16LE("i_xattr_icount");
        var mode = r.UInt16LE("i_mode");
        var kind = (ErofsKind)(mode & 0xf000);
        if (!Enum.IsDefined(kind))
            throw r.Malformed($"is 0x{mode:x}, which is no kind of file");

        uint links = r.UInt16LE("i_nlink");
        var size = extended ? r.UInt64LE("i_size") : r.UInt32LE("i_size");
        if (size > long.MaxValue)
            throw r.Malformed("is larger than a file can be");
        if (!extended)
            r.UInt32LE("i_reserved");
        var union = r.UInt32LE("i_u");
        var serial = r.UInt32LE("i_ino");
        var user = extended ? r.UInt32LE("i_uid") : r.UInt16LE("i_uid");
        var group = extended ? r.UInt32LE("i_gid") : r.UInt16LE("i_gid");
        (long, uint)? modified = null;
        if (extended)
        {
            var seconds = (long)r.UInt64LE("i_mtime");
            var nanoseconds = r.UInt32LE("i_mtime_nsec");
            if (nanoseconds >= 1_000_000_000)
                throw r.Malformed($"is {nanoseconds}, must be less than a second");
            modified = (seconds, nanoseconds);
            links = r.UInt32LE("i_nlink");
        }

        r.Bytes((extended ? ExtendedSize : CompactSize) - r.Offset, "i_reserved2");
        r.End();
        return new()
        {
            Extended = extended,
            Inline = format >> 1 == FlatInline,
            Kind = kind,
            Permissions = (ushort)(mode & 0xfff),
            User = user,
            Group = group,
            Links = links,
            Size = (long)size,
            BlockOrDevice = union,
            Serial = serial,
            AttributesSize = attributes == 0 ? 0 : ErofsAttributes.HeaderSize + (4 * (attributes - 1)),
            Modified = modified,
        };
    }

    /// <summary>Writes <see cref="HeaderSize"/> bytes.</summary>
    public void Write(Span<byte> target)
    {
        target = target[..HeaderSize];
        target.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)((Extended ? 1 : 0) | ((Inline ? FlatInline : FlatPlain) << 1)));
        var count = AttributesSize == 0 ? 0 : ((AttributesSize - ErofsAttributes.HeaderSize) / 4) + 1;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], checked((ushort)count));
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], (ushort)((int)Kind | Permissions));
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], BlockOrDevice);
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], Serial);
        if (Extended)
        {
            BinaryPrimitives.WriteInt64LittleEndian(target[8..], Size);
            BinaryPrimitives.WriteUInt32LittleEndian(target[24..], User);
            BinaryPrimitives.WriteUInt32LittleEndian(target[28..], Group);
            BinaryPrimitives.WriteInt64LittleEndian(target[32..], Modified?.Seconds ?? 0);
            BinaryPrimitives.WriteUInt32LittleEndian(target[40..], Modified?.Nanoseconds ?? 0);
            BinaryPrimitives.WriteUInt32LittleEndian(target[44..], Links);
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], checked((ushort)Links));
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], checked((uint)Size));
        BinaryPrimitives.WriteUInt16LittleEndian(target[24..], checked((ushort)User));
        BinaryPrimitives.WriteUInt16LittleEndian(target[26..], checked((ushort)Group));
    }

    /// <summary>Whether owners, links and size of these fit into the compact form.</summary>
    public static bool FitsCompact(uint user, uint group, uint links, long size) =>
        user <= ushort.MaxValue && group <= ushort.MaxValue && links <= ushort.MaxValue && size <= uint.MaxValue;
}
