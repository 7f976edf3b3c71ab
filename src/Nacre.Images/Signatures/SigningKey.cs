using System.Security.Cryptography;

namespace Nacre.Images.Signatures;

/// <summary>Private keys to sign images with.</summary>
public static class SigningKey
{
    /// <summary>An EC key from PEM: <c>PRIVATE KEY</c> (PKCS#8) or <c>EC PRIVATE KEY</c> (SEC 1).</summary>
    public static ECDsa ParseEc(string pem, string where)
    {
        if (pem.Contains("ENCRYPTED SIGSTORE PRIVATE KEY", StringComparison.Ordinal) || pem.Contains("ENCRYPTED COSIGN PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new ImageException(ImageFault.Unsupported, "cosign's own encrypted key format", where,
                "sign with an EC key in PKCS#8; cosign import-key-pair takes the same key");
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new ImageException(ImageFault.Malformed, "the key is no EC private key in PEM", where,
                "make one: openssl ecparam -name prime256v1 -genkey -noout -out key.pem", e);
        }
    }
}
