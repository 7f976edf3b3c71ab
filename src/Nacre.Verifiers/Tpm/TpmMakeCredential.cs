using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Evidence.Tpm;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// TPM2_MakeCredential in software (TPM 2.0 Library part 1, section 24, with B.10.4 for RSA and C.6.4 for ECC). The certificate does not say
/// which template its key has; the TCG's default for its kind is assumed, and a key of another template opens nothing.
/// </summary>
internal static class TpmMakeCredential
{
    private const string Identity = "IDENTITY";
    private const int CfbFeedbackBits = 128;

    /// <summary>Null when the key is of no kind an endorsement key has.</summary>
    /// <param name="endorsementKey">From its certificate.</param>
    /// <param name="name">Name of the attestation key.</param>
    /// <param name="secret">At most as long as the hash of the endorsement key's name.</param>
    public static TpmCredential? Wrap(PublicKey endorsementKey, ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret)
    {
        using var rsa = endorsementKey.GetRSAPublicKey();
        if (rsa is { KeySize: 2048 })
            return WrapRsa(rsa.ExportParameters(false), name, secret);

        using var ecdh = endorsementKey.GetECDiffieHellmanPublicKey();
        using var point = ecdh?.PublicKey;
        return point?.ExportParameters().Curve.Oid?.Value switch
        {
            "1.2.840.10045.3.1.7" => WrapEcc(point, HashAlgorithmName.SHA256, 32, 128, name, secret),
            "1.3.132.0.34" => WrapEcc(point, HashAlgorithmName.SHA384, 48, 256, name, secret),
            _ => null,
        };
    }

    // Template L-1: SHA-256, AES-128.
    private static TpmCredential WrapRsa(RSAParameters key, ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret)
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        var encryptedSeed = RsaOaep.Encrypt(key, HashAlgorithmName.SHA256, TpmKeyDerivation.Label(Identity), seed);
        return Seal(HashAlgorithmName.SHA256, 32, 128, seed, encryptedSeed, name, secret);
    }

    // Templates L-2 (P-256, SHA-256, AES-128) and H-3 (P-384, SHA-384, AES-256).
    private static TpmCredential WrapEcc(
        ECDiffieHellmanPublicKey key, HashAlgorithmName hash, int size, int aesBits, ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret)
    {
        using var ephemeral = ECDiffieHellman.Create(key.ExportParameters().Curve);
        var z = ephemeral.DeriveRawSecretAgreement(key);
        var own = ephemeral.ExportParameters(false).Q;
        try
        {
            var seed = TpmKeyDerivation.KdfE(hash, z, Identity, own.X, key.ExportParameters().Q.X, size * 8);
            return Seal(hash, size, aesBits, seed, [.. Sized(own.X!), .. Sized(own.Y!)], name, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(z);
        }
    }

    private static TpmCredential Seal(
        HashAlgorithmName hash, int size, int aesBits, byte[] seed, byte[] encryptedSeed, ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret)
    {
        var plain = new byte[Rounded(2 + secret.Length)];
        BinaryPrimitives.WriteUInt16BigEndian(plain, (ushort)secret.Length);
        secret.CopyTo(plain.AsSpan(2));

        using var aes = Aes.Create();
        aes.Key = TpmKeyDerivation.KdfA(hash, seed, "STORAGE", name, [], aesBits);

        // CFB is a stream: what lies past the end of the secret is cut off again. The key is used once, so the IV is zero.
        var encrypted = aes.EncryptCfb(plain, new byte[16], PaddingMode.None, CfbFeedbackBits)[..(2 + secret.Length)];
        var macKey = TpmKeyDerivation.KdfA(hash, seed, "INTEGRITY", [], [], size * 8);
        var mac = CryptographicOperations.HmacData(hash, macKey, (byte[])[.. encrypted, .. name]);

        CryptographicOperations.ZeroMemory(plain);
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(macKey);
        return new() { CredentialBlob = [.. Sized(mac), .. encrypted], EncryptedSecret = encryptedSeed };
    }

    private static byte[] Sized(byte[] value) => [(byte)(value.Length >> 8), (byte)value.Length, .. value];

    private static int Rounded(int length) => (length + 15) / 16 * 16;
}
