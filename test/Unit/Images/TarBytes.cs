using System.Globalization;
using System.Text;

namespace Nacre.UnitTests.Images;

/// <summary>Writes tar archives byte by byte, also ones that no library would write.</summary>
internal sealed class TarBytes
{
    private readonly List<byte> _bytes = [];
    private readonly List<string> _entries = [];

    public TarBytes File(string name, string content = "", uint mode = 0x1a4, long? size = null, string? mtime = null) =>
        Entry('0', name, content: Encoding.UTF8.GetBytes(content), mode: mode, size: size, mtime: mtime);

    public TarBytes Directory(string name, uint mode = 0x1ed) => Entry('5', name, mode: mode);

    public TarBytes Symlink(string name, string target) => Entry('2', name, target);

    public TarBytes HardLink(string name, string target) => Entry('1', name, target);

    public TarBytes Pax(params (string Key, string Value)[] records)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in records)
        {
            var rest = $" {key}={value}\n";
            var restLength = Encoding.UTF8.GetByteCount(rest);
            var length = restLength + 1;
            while ($"{length}".Length + restLength != length)
                length++;
            text.Append(CultureInfo.InvariantCulture, $"{length}{rest}");
        }

        return Entry('x', "PaxHeaders/x", content: Encoding.UTF8.GetBytes(text.ToString()));
    }

    public TarBytes Raw(char type, string name, byte[] content) => Entry(type, name, content: content);

    public TarBytes Entry(
        char type, string name, string link = "", byte[]? content = null, uint mode = 0x1a4, long? size = null, string? mtime = null,
        uint major = 0, uint minor = 0, byte[]? sizeField = null)
    {
        content ??= [];
        _entries.Add($"{type} {name}{(link.Length > 0 ? "→" : "")}{link}");
        var header = new byte[512];
        Put(header, 0, 100, name);
        Put(header, 100, 8, Octal(mode, 7));
        Put(header, 108, 8, Octal(0, 7));
        Put(header, 116, 8, Octal(0, 7));
        Put(header, 124, 12, Octal(size ?? content.Length, 11));
        sizeField?.CopyTo(header, 124);
        Put(header, 136, 12, mtime ?? Octal(1_000_000_000, 11));
        header[156] = (byte)type;
        Put(header, 157, 100, link);
        Put(header, 257, 8, "ustar\000");
        Put(header, 329, 8, Octal(major, 7));
        Put(header, 337, 8, Octal(minor, 7));
        header.AsSpan(148, 8).Fill((byte)' ');
        Put(header, 148, 8, Octal(header.Sum(b => b), 6) + "\0 ");
        _bytes.AddRange(header);
        _bytes.AddRange(content);
        _bytes.AddRange(new byte[(512 - (content.Length % 512)) % 512]);
        return this;
    }

    public byte[] ToArray() => [.. _bytes, .. new byte[1024]];

    /// <summary>The entries, for messages.</summary>
    public override string ToString() => string.Join(", ", _entries);

    private static string Octal(long value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    private static void Put(byte[] header, int at, int length, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, length)).CopyTo(header.AsSpan(at));
    }
}
