using System.Security.Cryptography;

namespace Nacre.Formats.X509;

/// <summary>Certificates in PEM (RFC 7468), one after the other; nothing but white space may stand around them.</summary>
public static class PemCertificates
{
    private const string Structure = "x509.pem";

    /// <exception cref="MalformedDataException">There is none, something else, or more than <paramref name="max"/>.</exception>
    public static IReadOnlyList<Certificate> Parse(ReadOnlySpan<char> pem, int max = 16)
    {
        var certificates = new List<Certificate>();
        var rest = pem;
        while (PemEncoding.TryFind(rest, out var found))
        {
            var (start, length) = found.Location.GetOffsetAndLength(rest.Length);
            if (!IsBlank(rest[..start]) || rest[found.Label] is not "CERTIFICATE")
                throw new MalformedDataException(Structure, "(text)", pem.Length - rest.Length, "holds something besides certificates");

            if (certificates.Count == max)
                throw new MalformedDataException(Structure, "(certificates)", pem.Length - rest.Length, $"are more than {max}");

            var der = new byte[found.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(rest[found.Base64Data], der, out var written))
                throw new MalformedDataException(Structure, "(base64)", pem.Length - rest.Length, "is not base64");

            certificates.Add(Certificate.Parse(der.AsSpan(0, written)));
            rest = rest[(start + length)..];
        }

        // A NUL ends the chain inside many quotes.
        if (certificates.Count == 0 || !IsBlank(rest.Trim('\0')))
            throw new MalformedDataException(Structure, "(text)", pem.Length - rest.Length, "holds something besides certificates");

        return certificates;
    }

    // Form feeds and the like would be a second text for the same certificates.
    private static bool IsBlank(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(" \t\r\n");

    /// <summary>One certificate, in DER or PEM: hosts hand out either.</summary>
    public static Certificate ParseOne(ReadOnlySpan<byte> derOrPem)
    {
        if (!derOrPem.TrimStart(" \r\n\t"u8).StartsWith("-----BEGIN"u8))
            return Certificate.Parse(derOrPem);

        if (derOrPem.Length > 2 * Certificate.MaxSize)
            throw new MalformedDataException(Structure, "(text)", 0, $"is {derOrPem.Length} bytes long, at most {2 * Certificate.MaxSize} are allowed");

        return Parse(System.Text.Encoding.Latin1.GetString(derOrPem), max: 1)[0];
    }
}
