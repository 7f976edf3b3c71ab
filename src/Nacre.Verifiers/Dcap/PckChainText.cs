using System.Text;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Dcap;

/// <summary>
/// The certificates inside a quote (certification data of type 5), PEM. Nothing signs this text, so it must have the one form that carries
/// its certificates: lines of one width, a line feed after each, at most one NUL at the end.
/// </summary>
internal static class PckChainText
{
    private const string Structure = "dcap.quote.certification_data";
    private const string Begin = "-----BEGIN CERTIFICATE-----\n";
    private const string End = "\n-----END CERTIFICATE-----";
    private const int MaxText = 32 * 1024;
    private const int Max = 4;

    /// <exception cref="MalformedDataException">It is no such text.</exception>
    public static IReadOnlyList<Certificate> Parse(ReadOnlySpan<byte> data)
    {
        if (data.Length > MaxText)
            throw Malformed(0, $"is {data.Length} bytes long, at most {MaxText} are allowed");

        var text = Encoding.Latin1.GetString(data);
        var certificates = new List<Certificate>(3);
        var at = 0;
        while (true)
        {
            if (certificates.Count == Max || !text.AsSpan(at).StartsWith(Begin))
                throw Malformed(at, $"must be 1 to {Max} certificates in PEM, each after the line feed of the one before");

            at += Begin.Length;
            var length = text.AsSpan(at).IndexOf(End);
            if (length <= 0)
                throw Malformed(at, "has no end of a certificate");

            certificates.Add(Certificate.Parse(Decode(text.AsSpan(at, length), at)));
            at += length + End.Length;
            if (text[at..] is "" or "\n" or "\0" or "\n\0" or "\n\n")
                return certificates;

            if (text[at++] != '\n')
                throw Malformed(at - 1, "must be a line feed");
        }
    }

    private static byte[] Decode(ReadOnlySpan<char> lines, int at)
    {
        var width = lines.IndexOf('\n') is var first && first < 0 ? lines.Length : first;
        var base64 = new char[lines.Length];
        var used = 0;
        for (var rest = lines; rest.Length > 0;)
        {
            var line = rest[..Math.Min(width, rest.Length)];
            line.CopyTo(base64.AsSpan(used));
            used += line.Length;
            rest = rest[line.Length..];
            if (rest.Length == 0)
                break;

            if (rest[0] != '\n' || rest.Length == 1)
                throw Malformed(at, "has lines of different widths");

            rest = rest[1..];
        }

        // The framework skips white space and ignores the bits behind the last byte; the way back shows both.
        var der = new byte[used / 4 * 3 + 3];
        var back = new char[used];
        if (!Convert.TryFromBase64Chars(base64.AsSpan(0, used), der, out var size)
            || !Convert.TryToBase64Chars(der.AsSpan(0, size), back, out var written) || !back.AsSpan(0, written).SequenceEqual(base64.AsSpan(0, used)))
            throw Malformed(at, "is not canonical base64");

        return der[..size];
    }

    private static MalformedDataException Malformed(int offset, string rule) => new(Structure, "(pem)", offset, rule);
}
