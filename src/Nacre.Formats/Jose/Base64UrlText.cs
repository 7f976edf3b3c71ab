using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Nacre.Formats.Jose;

/// <summary>
/// Base64url without padding (RFC 7515 section 2), strictly: one spelling for each value. Padding, blanks and unused bits that are set
/// would let one signature or key appear under several names.
/// </summary>
public static class Base64UrlText
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 == 1 || text.ContainsAny("= \t\r\n"))
            return false;

        var decoded = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, decoded, out _, out var written) != OperationStatus.Done)
            return false;

        // The last character of a partial group has bits that no byte holds; they must be zero.
        if (text.Length % 4 != 0)
        {
            Span<char> again = stackalloc char[4];
            var tail = decoded.AsSpan(written - written % 3, written % 3);
            var length = Base64Url.EncodeToChars(tail, again);
            if (!again[..length].SequenceEqual(text[^length..]))
                return false;
        }

        bytes = written == decoded.Length ? decoded : decoded[..written];
        return true;
    }
}
