using System.Buffers;
using System.Text;
using Nacre.Formats.X509;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Documents that a TLS certificate carries: in hexadecimal, as the first label of one of its DNS names.</summary>
internal static class NitroDocumentInCertificate
{
    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789abcdef"u8);

    public static IEnumerable<byte[]> Find(string pem)
    {
        foreach (var certificate in PemCertificates.Parse(pem))
        {
            if (certificate.Extensions.Find("2.5.29.17") is not { } names)
                continue;

            // COSE_Sign1 without tag, and a protected header that begins with the algorithm.
            var start = names.AsSpan().IndexOf("8444a101"u8);
            if (start < 0)
                continue;

            var length = names.AsSpan(start).IndexOfAnyExcept(s_digits);
            yield return Convert.FromHexString(Encoding.ASCII.GetString(names, start, length < 0 ? names.Length - start : length));
        }
    }
}
