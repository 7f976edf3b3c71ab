using System.Buffers.Binary;
using System.Text;

namespace Nacre.Formats.Erofs;

/// <summary>
/// Extended attributes behind an inode (erofs_fs.h, struct erofs_xattr_ibody_header): 12 bytes, then entries in which a number stands for
/// the first part of the name, each filled up to four bytes. Shared attributes are not used.
/// </summary>
public static class ErofsAttributes
{
    public const int HeaderSize = 12;

    /// <summary>The count of an inode has 16 bits and counts four bytes each.</summary>
    public const int LargestSize = HeaderSize + (4 * (ushort.MaxValue - 1));

    private const int EntrySize = 4;

    // The longest that fits is taken; an access list is a whole name.
    private static readonly (string Prefix, byte Index)[] s_prefixes =
    [
        ("user.", 1),
        ("system.posix_acl_access", 2),
        ("system.posix_acl_default", 3),
        ("trusted.", 4),
        ("security.", 6),
    ];

    /// <summary>Whether EROFS has a number for the name's first part, and its lengths fit.</summary>
    public static bool CanHold(string name, byte[] value) =>
        FindPrefix(name) is { } prefix && name.Length - prefix.Prefix.Length <= byte.MaxValue && value.Length <= ushort.MaxValue;

    /// <summary>Bytes of these attributes; 0 when there are none.</summary>
    public static long Size(IReadOnlyDictionary<string, byte[]> attributes) => attributes.Count == 0
        ? 0
        : HeaderSize + attributes.Sum(pair =>
            (long)Padded(EntrySize + pair.Key.Length - FindPrefix(pair.Key)!.Value.Prefix.Length + pair.Value.Length));

    /// <summary>In the order of the names, so that the same attributes are the same bytes.</summary>
    public static void Write(IReadOnlyDictionary<string, byte[]> attributes, Span<byte> target)
    {
        target[..HeaderSize].Clear();
        var at = HeaderSize;
        foreach (var (name, value) in attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var (prefix, index) = FindPrefix(name)!.Value;
            var rest = name.Length - prefix.Length;
            var size = Padded(EntrySize + rest + value.Length);
            var entry = target.Slice(at, size);
            entry.Clear();
            entry[0] = (byte)rest;
            entry[1] = index;
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)value.Length);
            Encoding.Latin1.GetBytes(name.AsSpan(prefix.Length), entry[EntrySize..]);
            value.CopyTo(entry[(EntrySize + rest)..]);
            at += size;
        }
    }

    /// <exception cref="MalformedDataException">Which field, and which rule it breaks.</exception>
    public static IReadOnlyDictionary<string, byte[]> Parse(ReadOnlySpan<byte> bytes)
    {
        var attributes = new Dictionary<string, byte[]>();
        if (bytes.IsEmpty)
            return attributes;

        var r = new StructReader("erofs.attributes", bytes);
        r.UInt32LE("h_name_filter");
        if (r.UInt8("h_shared_count") != 0)
            throw r.Malformed("must be zero: shared attributes are not read here");
        r.Reserved(7, "h_reserved2");
        while (r.Remaining > 0)
        {
            var rest = r.UInt8("e_name_len");
            var index = r.UInt8("e_name_index");
            if (Array.Find(s_prefixes, known => known.Index == index).Prefix is not { } prefix)
                throw r.Malformed($"is {index}, which is no known prefix");
            var size = r.UInt16LE("e_value_size");
            var name = prefix + Encoding.Latin1.GetString(r.Bytes(rest, "e_name"));
            var value = r.Bytes(size, "e_value").ToArray();
            if (!attributes.TryAdd(name, value))
                throw r.Malformed("belongs to a name that was there already");
            r.Reserved(Math.Min(Padded(r.Offset) - r.Offset, r.Remaining), "padding");
        }

        return attributes;
    }

    private static int Padded(int size) => (size + 3) & ~3;

    private static (string Prefix, byte Index)? FindPrefix(string name)
    {
        foreach (var known in s_prefixes)
        {
            var whole = known.Prefix[^1] != '.';
            if (whole ? name == known.Prefix : name.StartsWith(known.Prefix, StringComparison.Ordinal) && name.Length > known.Prefix.Length)
                return known;
        }

        return null;
    }
}
