using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>
/// What a certificate signing request (PKCS #10, RFC 2986) proves: that its sender has the key. The names and extensions it asks for are
/// not looked at; claims decide those.
/// </summary>
internal static class SigningRequest
{
    private const int MostBytes = 16 * 1024;

    private static readonly string[] s_curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    /// <summary>The key, from PEM or DER.</summary>
    /// <exception cref="KbsProblemException">400: it is no such request, its signature is not good, or its key is weak.</exception>
    public static PublicKey ReadKey(ReadOnlyMemory<byte> body)
    {
        if (body.Length > MostBytes)
            throw KbsProblemException.Malformed($"a signing request has at most {MostBytes} bytes");

        try
        {
            var padding = RSASignaturePadding.Pkcs1;
            var request = body.Span.StartsWith("-----BEGIN"u8)
                ? CertificateRequest.LoadSigningRequestPem(
                    Encoding.ASCII.GetString(body.Span), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default, padding)
                : CertificateRequest.LoadSigningRequest(
                    body.ToArray(), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default, padding);
            RequireStrong(request.PublicKey);
            return request.PublicKey;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw KbsProblemException.Malformed($"the body is no certificate signing request with a good signature: {e.Message}", e);
        }
    }

    private static void RequireStrong(PublicKey key)
    {
        using var rsa = key.GetRSAPublicKey();
        using var elliptic = key.GetECDsaPublicKey();
        var isStrong = rsa is { KeySize: >= 2048 and <= 8192 }
            || elliptic is not null && s_curves.Contains(elliptic.ExportParameters(false).Curve.Oid.Value);
        if (!isStrong)
            throw KbsProblemException.Malformed("the key must be RSA of 2048 to 8192 bits, or on P-256, P-384 or P-521");
    }
}
