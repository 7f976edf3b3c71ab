using System.Runtime.InteropServices;

namespace Nacre.Formats.Ciphers;

/// <summary>Checks signatures of Ed25519 (RFC 8032, section 5.1), which the framework does not have, by OpenSSL's libcrypto.</summary>
public static partial class Ed25519
{
    public const int KeySize = 32;
    public const int SignatureSize = 64;

    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1087; // EVP_PKEY_ED25519

    /// <summary>False as well for a key or a signature of another size.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeySize || signature.Length != SignatureSize)
            return false;

        var key = EVP_PKEY_new_raw_public_key(KeyType, 0, publicKey, (nuint)publicKey.Length);
        var context = EVP_MD_CTX_new();
        try
        {
            return key != 0 && context != 0
                && EVP_DigestVerifyInit(context, 0, 0, 0, key) == 1
                && EVP_DigestVerify(context, signature, (nuint)signature.Length, message, (nuint)message.Length) == 1;
        }
        finally
        {
            // Both take null.
            EVP_MD_CTX_free(context);
            EVP_PKEY_free(key);
        }
    }

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerifyInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerify(nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint length);
}
