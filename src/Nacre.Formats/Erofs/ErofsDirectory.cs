using System.Buffers.Binary;
using System.Text;

namespace Nacre.Formats.Erofs;

/// <summary>One name in a directory. Names are one byte a character (Latin-1), which loses nothing and sorts like the bytes.</summary>
public readonly record struct ErofsEntry(string Name, ulong Inode, ErofsKind Kind);

/// <summary>
/// The data of a directory: blocks, each with its entries of 12 bytes first and their names behind them, all in the order of the names'
/// bytes, <c>.</c> and <c>..</c> among them (erofs_fs.h, struct erofs_dirent).
/// </summary>
public static class ErofsDirectory
{
    public const int LongestName = 255;

    private const int EntrySize = 12;

    /// <summary>Bytes of the data of a directory with these names, in order.</summary>
    public static long Size(IEnumerable<string> names)
    {
        var (blocks, used) = (0L, 0);
        foreach (var name in names)
        {
            var needed = EntrySize + name.Length;
            if (used + needed > ErofsSuperblock.BlockSize)
                (blocks, used) = (blocks + 1, 0);
            used += needed;
        }

        return (blocks * ErofsSuperblock.BlockSize) + used;
    }

    /// <summary>The data of a directory with these entries, in order.</summary>
    public static byte[] Encode(IReadOnlyList<ErofsEntry> entries)
    {
        var data = new byte[Size(entries.Select(entry => entry.Name))];
        var at = 0;
        for (var first = 0; first < entries.Count; at += ErofsSuperblock.BlockSize)
        {
            var (count, used) = (0, 0);
            while (first + count < entries.Count && used + EntrySize + entries[first + count].Name.Length <= ErofsSuperblock.BlockSize)
                used += EntrySize + entries[first + count++].Name.Length;

            EncodeBlock(entries, first, count, data.AsSpan(at, Math.Min(ErofsSuperblock.BlockSize, data.Length - at)));
            first += count;
        }

        return data;
    }

    /// <summary>The entries of one block; <paramref name="block"/> is shorter than a block only at the end of a directory.</summary>
    /// <exception cref="MalformedDataException">Which field, and which rule it breaks.</exception>
    public static IReadOnlyList<ErofsEntry> Decode(ReadOnlySpan<byte> block)
    {
        var r = new StructReader("erofs.directory", block);
        var entries = new List<ErofsEntry>();
        var previous = (Inode: 0UL, NameAt: 0, Kind: default(ErofsKind));
        var count = 1;
        for (var i = 0; i < count; i++)
        {
            var inode = r.UInt64LE("nid");
            var nameAt = r.UInt16LE("nameoff");
            if (i == 0)
            {
                if (nameAt % EntrySize != 0 || nameAt == 0 || nameAt > block.Length)
                    throw r.Malformed($"is {nameAt}, which is no whole number of entries");
                count = nameAt / EntrySize;
            }
            else
            {
                entries.Add(Entry(ref r, block, previous, nameAt));
            }

            if (nameAt >= block.Length)
                throw r.Malformed($"is {nameAt}, the block has {block.Length} bytes");
            if (FindKind(r.UInt8("file_type")) is not { } kind)
                throw r.Malformed("is no kind of file");
            r.UInt8("reserved");
            previous = (inode, nameAt, kind);
        }

        // The last name ends with the block, or with a zero before.
        var rest = block[previous.NameAt..];
        var length = rest.IndexOf((byte)0);
        entries.Add(Entry(ref r, block, previous, previous.NameAt + (length < 0 ? rest.Length : length)));
        return entries;
    }

    private static ErofsEntry Entry(ref StructReader r, ReadOnlySpan<byte> block, (ulong Inode, int NameAt, ErofsKind Kind) entry, int end)
    {
        if (end <= entry.NameAt || end > block.Length || end - entry.NameAt > LongestName)
            throw r.Malformed($"gives a name of {end - entry.NameAt} bytes, 1 to {LongestName} are allowed");
        var name = block[entry.NameAt..end];
        return name.ContainsAny((byte)0, (byte)'/')
            ? throw r.Malformed("gives a name with a slash or a zero in it")
            : new(Encoding.Latin1.GetString(name), entry.Inode, entry.Kind);
    }

    private static void EncodeBlock(IReadOnlyList<ErofsEntry> entries, int first, int count, Span<byte> block)
    {
        var nameAt = count * EntrySize;
        for (var i = 0; i < count; i++)
        {
            var (name, inode, kind) = entries[first + i];
            var entry = block[(i * EntrySize)..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, inode);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], (ushort)nameAt);
            entry[10] = TypeOf(kind);
            nameAt += Encoding.Latin1.GetBytes(name, block[nameAt..]);
        }
    }

    // FT_REG_FILE and so on, include/linux/fs_types.h.
    private static byte TypeOf(ErofsKind kind) => kind switch
    {
        ErofsKind.Regular => 1,
        ErofsKind.Directory => 2,
        ErofsKind.CharacterDevice => 3,
        ErofsKind.BlockDevice => 4,
        ErofsKind.Fifo => 5,
        ErofsKind.Socket => 6,
        _ => 7,
    };

    private static ErofsKind? FindKind(byte type)
    {
        foreach (var kind in Enum.GetValues<ErofsKind>())
        {
            if (TypeOf(kind) == type)
                return kind;
        }

        return null;
    }
}
