using System.Security.Cryptography;

namespace Nacre.Formats.X509;

/// <summary>One public key in PEM (RFC 7468, section 13); nothing but white space may stand around it.</summary>
public static class PemPublicKey
{
    private const string Structure = "x509.pem";
    private const int MaxLength = 8 * 1024;

    /// <summary>The SubjectPublicKeyInfo, in DER. Whether it holds a usable key is for <see cref="VerificationKey.Import"/> to say.</summary>
    /// <exception cref="MalformedDataException">It is no such text.</exception>
    public static byte[] Decode(ReadOnlySpan<char> pem)
    {
        if (pem.Length > MaxLength)
            throw new MalformedDataException(Structure, "(text)", 0, $"is {pem.Length} characters long, at most {MaxLength} are allowed");

        if (!PemEncoding.TryFind(pem, out var found) || pem[found.Label] is not "PUBLIC KEY"
            || !pem[..found.Location.Start].IsWhiteSpace() || !pem[found.Location.End..].IsWhiteSpace())
            throw new MalformedDataException(Structure, "(text)", 0, "must be one PUBLIC KEY and nothing else");

        var der = new byte[found.DecodedDataLength];
        return Convert.TryFromBase64Chars(pem[found.Base64Data], der, out var written) && written == der.Length
            ? der : throw new MalformedDataException(Structure, "(base64)", 0, "is not base64");
    }

    /// <exception cref="MalformedDataException">It is no such text, or no usable key.</exception>
    public static VerificationKey Parse(ReadOnlySpan<char> pem) => VerificationKey.Import(Decode(pem));
}
