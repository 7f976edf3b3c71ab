using Nacre.Linux.Files;

namespace Nacre.Images.Unpack;

/// <summary>The 512 bytes before each entry (POSIX.1-2024 pax, "ustar Interchange Format"; GNU's base-256 numbers and magic).</summary>
internal readonly struct TarHeader
{
    public const int Size = 512;

    private TarHeader(byte type, string name, string linkTarget, ReadOnlySpan<byte> block)
    {
        Type = type;
        Name = name;
        LinkTarget = linkTarget;
        Mode = Number(block.Slice(100, 8), "mode");
        User = Number(block.Slice(108, 8), "uid");
        Group = Number(block.Slice(116, 8), "gid");
        Length = Number(block.Slice(124, 12), "size");
        Modified = Number(block.Slice(136, 12), "mtime");
        Major = Number(block.Slice(329, 8), "devmajor");
        Minor = Number(block.Slice(337, 8), "devminor");
    }

    public byte Type { get; }
    public string Name { get; }
    public string LinkTarget { get; }
    public long Mode { get; }
    public long User { get; }
    public long Group { get; }
    public long Length { get; }
    public long Modified { get; }
    public long Major { get; }
    public long Minor { get; }

    /// <exception cref="FormatException">The message says which field.</exception>
    public static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        CheckSum(block);
        var name = Text(block[..100]);
        // Only POSIX has a prefix; GNU ("ustar  ") keeps other things there.
        var isPosix = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        var prefix = isPosix ? Text(block.Slice(345, 155)) : "";
        return new(block[156], prefix.Length > 0 ? $"{prefix}/{name}" : name, Text(block.Slice(157, 100)), block);
    }

    /// <summary>Octal digits between spaces and nuls, or base 256 when the first bit is set.</summary>
    public static long Number(ReadOnlySpan<byte> field, string name)
    {
        if ((field[0] & 0x80) != 0)
            return Base256(field, name);

        var digits = field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' ').TrimStart((byte)0);
        var value = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
                throw new FormatException($"'{name}' is no octal number");
            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    private static long Base256(ReadOnlySpan<byte> field, string name)
    {
        var negative = (field[0] & 0x40) != 0;
        var value = (long)(field[0] & 0x3f) | (negative ? ~0x3fL : 0);
        foreach (var b in field[1..])
        {
            if (value > long.MaxValue >> 8 || value < long.MinValue >> 8)
                throw new FormatException($"'{name}' is too large");
            value = (value << 8) | b;
        }

        return value;
    }

    private static void CheckSum(ReadOnlySpan<byte> block)
    {
        long unsigned = 0, signed = 0;
        for (var i = 0; i < Size; i++)
        {
            var b = i is >= 148 and < 156 ? (byte)' ' : block[i];
            unsigned += b;
            signed += (sbyte)b;
        }

        var stored = Number(block.Slice(148, 8), "chksum");
        if (stored != unsigned && stored != signed)
            throw new FormatException("'chksum' does not fit the header");
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return FileName.FromBytes(end < 0 ? field : field[..end]);
    }
}
