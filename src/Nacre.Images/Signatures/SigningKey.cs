using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Images.Signatures;

/// <summary>Private keys to sign images with.</summary>
public static class SigningKey
{
    /// <summary>An EC key from PEM: <c>PRIVATE KEY</c> (PKCS#8), <c>EC PRIVATE KEY</c> (SEC 1), or cosign's encrypted form.</summary>
    /// <param name="pem">The text of the file.</param>
    /// <param name="password">Asked for only when the key is encrypted.</param>
    /// <param name="where">The file, for messages.</param>
    public static ECDsa ParseEc(string pem, Func<SecretBytes> password, string where)
    {
        var key = ECDsa.Create();
        try
        {
            if (CosignPrivateKey.IsEncrypted(pem))
                Import(key, pem, password, where);
            else
                key.ImportFromPem(pem);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new ImageException(ImageFault.Malformed, "the key is no EC private key in PEM", where,
                "make one: openssl ecparam -name prime256v1 -genkey -noout -out key.pem", e);
        }
        catch (ImageException)
        {
            key.Dispose();
            throw;
        }
    }

    private static void Import(ECDsa key, string pem, Func<SecretBytes> password, string where)
    {
        using var secret = password();
        using var pkcs8 = CosignPrivateKey.Decrypt(pem, secret, where);
        key.ImportPkcs8PrivateKey(pkcs8.Reveal(), out _);
    }
}
