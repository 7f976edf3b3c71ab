using System.Text;

namespace Nacre.Formats.OpenPgp;

/// <summary>ASCII armor (RFC 9580, section 6): base64 between <c>-----BEGIN PGP …-----</c> and its end. The checksum must be right if it is there.</summary>
public static class OpenPgpArmor
{
    private const string Structure = "openpgp.armor";
    private const string Begin = "-----BEGIN PGP ";
    private const int MaxSize = 2 << 20;

    public static bool IsArmored(ReadOnlySpan<byte> bytes) => bytes.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN PGP "u8);

    /// <summary>The bytes of all blocks with this label, one after the other.</summary>
    /// <exception cref="MalformedDataException">There is no such block, another one, or text that is no armor.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> armored, string label)
    {
        if (armored.Length > MaxSize)
            throw Malformed($"is {armored.Length} bytes long, at most {MaxSize} are allowed");

        var lines = Encoding.Latin1.GetString(armored).Split('\n').Select(line => line.TrimEnd()).ToArray();
        var output = new List<byte>();
        for (var at = 0; at < lines.Length; at++)
        {
            if (lines[at].Length == 0)
                continue;
            if (lines[at] != $"{Begin}{label}-----")
                throw Malformed($"line {at + 1} must be '{Begin}{label}-----'");
            at = DecodeBlock(lines, at + 1, label, output);
        }

        return output.Count > 0 ? [.. output] : throw Malformed("holds no block");
    }

    private static int DecodeBlock(string[] lines, int at, string label, List<byte> output)
    {
        // Headers such as "Comment: …", up to an empty line.
        while (at < lines.Length && lines[at].Contains(": ", StringComparison.Ordinal))
            at++;
        if (at >= lines.Length || lines[at].Length != 0)
            throw Malformed($"line {at + 1} must be empty, it parts the headers from the data");

        var end = Array.IndexOf(lines, $"-----END PGP {label}-----", at);
        if (end < 0)
            throw Malformed("a block has no end");

        var body = lines[(at + 1)..end];
        var checksum = body is [.., ['=', ..] last] && last.Length == 5 ? last[1..] : null;
        var data = FromBase64(string.Concat(checksum is null ? body : body[..^1]));
        if (checksum is not null && !FromBase64(checksum).AsSpan().SequenceEqual(Crc24(data)))
            throw Malformed("the checksum is wrong");

        output.AddRange(data);
        return end;
    }

    private static byte[] FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : throw Malformed("is not base64");
    }

    private static byte[] Crc24(ReadOnlySpan<byte> data)
    {
        // Section 6.1.1: generator 0x864CFB, start 0xB704CE.
        var crc = 0xB704CEu;
        foreach (var octet in data)
        {
            crc ^= (uint)octet << 16;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc << 1) ^ ((crc & 0x800000) != 0 ? 0x1864CFBu : 0);
        }

        return [(byte)(crc >> 16), (byte)(crc >> 8), (byte)crc];
    }

    private static MalformedDataException Malformed(string rule) => new(Structure, "(text)", 0, rule);
}
