using System.Buffers;

namespace Nacre.Formats;

/// <summary>Bytes as hexadecimal digits, all of one case: digits of both would be a second text for the same bytes.</summary>
public static class HexText
{
    private static readonly SearchValues<char> s_upper = SearchValues.Create("ABCDEF");
    private static readonly SearchValues<char> s_lower = SearchValues.Create("abcdef");

    /// <summary>False unless <paramref name="text"/> is exactly <paramref name="bytes"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes) =>
        text.Length == 2 * bytes.Length && !(text.ContainsAny(s_upper) && text.ContainsAny(s_lower))
        && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done;

    /// <summary>Null unless <paramref name="text"/> is whole bytes.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length / 2];
        return TryDecode(text, bytes) ? bytes : null;
    }
}
