using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Se;

/// <summary>
/// What the files of an operator hold: certificates and revocation lists, in PEM one after the other, or one of them in
/// DER.
/// </summary>
public sealed record SeCertificateFiles(IReadOnlyList<Certificate> Certificates, IReadOnlyList<CertificateRevocationList> RevocationLists)
{
    private const string Structure = "se.certificates";
    private const int MaxSize = 8 * 1024 * 1024;
    private const int MaxObjects = 256;

    /// <exception cref="MalformedDataException">A file holds something else.</exception>
    public static SeCertificateFiles Read(params IEnumerable<byte[]> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var found = (Certificates: new List<Certificate>(), Lists: new List<CertificateRevocationList>());
        foreach (var file in files)
        {
            if (file.Length > MaxSize)
                throw new MalformedDataException(Structure, "(file)", 0, $"is {file.Length} bytes long, at most {MaxSize} are allowed");

            if (file.AsSpan().TrimStart(" \r\n\t"u8).StartsWith("-----BEGIN"u8))
                ReadPem(Encoding.Latin1.GetString(file), found);
            else
                ReadDer(file, found);
        }

        return new(found.Certificates, found.Lists);
    }

    private static void ReadPem(ReadOnlySpan<char> text, (List<Certificate> Certificates, List<CertificateRevocationList> Lists) found)
    {
        while (PemEncoding.TryFind(text, out var at))
        {
            var der = new byte[at.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(text[at.Base64Data], der, out var length)
                || found.Certificates.Count + found.Lists.Count == MaxObjects)
                throw new MalformedDataException(Structure, "(pem)", 0, $"is not base64, or holds more than {MaxObjects} objects");

            switch (text[at.Label])
            {
                case "CERTIFICATE":
                    found.Certificates.Add(Certificate.Parse(der.AsSpan(0, length)));
                    break;
                case "X509 CRL":
                    found.Lists.Add(CertificateRevocationList.Parse(der.AsSpan(0, length)));
                    break;
                default:
                    throw new MalformedDataException(Structure, "(label)", 0, "must be CERTIFICATE or X509 CRL");
            }

            text = text[at.Location.End..];
        }

        if (!text.IsWhiteSpace())
            throw new MalformedDataException(Structure, "(pem)", 0, "has something after the last object");
    }

    private static void ReadDer(byte[] der, (List<Certificate> Certificates, List<CertificateRevocationList> Lists) found)
    {
        try
        {
            found.Certificates.Add(Certificate.Parse(der));
        }
        catch (MalformedDataException)
        {
            // Neither says by itself which it is.
            found.Lists.Add(CertificateRevocationList.Parse(der));
        }
    }
}
