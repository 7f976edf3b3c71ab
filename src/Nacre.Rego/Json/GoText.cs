using System.Buffers;
using System.Text;

namespace Nacre.Rego.Json;

/// <summary>
/// Strings as OPA has them: sequences of bytes that are usually UTF-8. A byte that is not is kept as the lone surrogate U+DC00 + byte,
/// and comes back as that byte.
/// </summary>
internal static class GoText
{
    private const int EscapeBase = 0xDC00;

    public static byte[] ToBytes(string text)
    {
        if (!HasLoneSurrogate(text))
            return Encoding.UTF8.GetBytes(text);

        var bytes = new ArrayBufferWriter<byte>(text.Length * 3);
        Span<byte> one = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var consumed) == OperationStatus.Done)
            {
                bytes.Write(one[..rune.EncodeToUtf8(one)]);
                i += consumed - 1;
            }
            else if (text[i] is >= (char)(EscapeBase + 0x80) and <= (char)(EscapeBase + 0xFF))
                bytes.Write([(byte)(text[i] - EscapeBase)]);
            else
                bytes.Write("\uFFFD"u8);
        }

        return bytes.WrittenSpan.ToArray();
    }

    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == OperationStatus.Done)
                text.Append(rune.ToString());
            else
                for (var i = 0; i < consumed; i++)
                    text.Append((char)(EscapeBase + bytes[i]));
            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    public static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }

        return false;
    }

    /// <summary>The order of the UTF-8 bytes, in which a surrogate pair sorts after U+FFFF.</summary>
    public static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        var at = left.AsSpan().CommonPrefixLength(right);
        if (at == length)
            return left.Length.CompareTo(right.Length);

        var (l, r) = (left[at], right[at]);
        var (isHighL, isHighR) = (char.IsSurrogate(l), char.IsSurrogate(r));
        return isHighL == isHighR ? l.CompareTo(r) : isHighL ? 1 : -1;
    }

    /// <summary>Number of code points; a byte that is not UTF-8 counts as one.</summary>
    public static int CountRunes(string text)
    {
        var count = text.Length;
        for (var i = 0; i + 1 < text.Length; i++)
            if (char.IsSurrogatePair(text[i], text[i + 1]))
                count--;

        return count;
    }
}
