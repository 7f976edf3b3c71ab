using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Verifiers.Tpm;

/// <summary>
/// What a TPM does in ActivateCredential, with the private key in the test's hands. Written from the specification without the code under
/// test: the derivation is the framework's SP 800-108, and OAEP is undone by plain arithmetic.
/// </summary>
internal static class TestCredentialOpener
{
    public static byte[]? Open(RSA key, byte[] name, TpmCredential credential)
    {
        var p = key.ExportParameters(true);
        var number = BigInteger.ModPow(Number(credential.EncryptedSecret), Number(p.D!), Number(p.Modulus!));
        var encoded = new byte[256];
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(encoded, 256 - bytes.Length);

        var seedMask = Mgf(encoded[33..], 32);
        var seed = encoded[1..33].Select((b, i) => (byte)(b ^ seedMask[i])).ToArray();
        var blockMask = Mgf(seed, 223);
        var block = encoded[33..].Select((b, i) => (byte)(b ^ blockMask[i])).ToArray();
        Assert.Equal(SHA256.HashData("IDENTITY\0"u8), block[..32]);

        var one = Array.IndexOf(block, (byte)1, 32);
        return Unseal(HashAlgorithmName.SHA256, 32, 16, block[(one + 1)..], name, credential.CredentialBlob);
    }

    public static byte[]? Open(ECDiffieHellman key, HashAlgorithmName hash, int size, int aesBytes, byte[] name, TpmCredential credential)
    {
        var r = new StructReader("point", credential.EncryptedSecret);
        var x = r.Sized16BE("x", size).ToArray();
        var y = r.Sized16BE("y", size).ToArray();
        r.End();

        var own = key.ExportParameters(false);
        using var peer = ECDiffieHellman.Create(new ECParameters { Curve = own.Curve, Q = new() { X = x, Y = y } });
        var z = key.DeriveRawSecretAgreement(peer.PublicKey);
        byte[] kdf = [0, 0, 0, 1, .. z, .. "IDENTITY\0"u8, .. x, .. own.Q.X!];
        return Unseal(hash, size, aesBytes, CryptographicOperations.HashData(hash, kdf), name, credential.CredentialBlob);
    }

    private static byte[]? Unseal(HashAlgorithmName hash, int size, int aesBytes, byte[] seed, byte[] name, byte[] blob)
    {
        var r = new StructReader("id_object", blob);
        var mac = r.Sized16BE("integrity", size).ToArray();
        var encrypted = r.Bytes(r.Remaining, "identity").ToArray();

        var macKey = SP800108HmacCounterKdf.DeriveBytes(seed, hash, "INTEGRITY"u8, [], size);
        if (!CryptographicOperations.HmacData(hash, macKey, (byte[])[.. encrypted, .. name]).AsSpan().SequenceEqual(mac))
            return null;

        using var aes = Aes.Create();
        aes.Key = SP800108HmacCounterKdf.DeriveBytes(seed, hash, Encoding.ASCII.GetBytes("STORAGE"), name, aesBytes);
        var padded = new byte[(encrypted.Length + 15) / 16 * 16];
        encrypted.CopyTo(padded, 0);
        var opened = aes.DecryptCfb(padded, new byte[16], PaddingMode.None, 128);
        return new StructReader("identity", opened.AsSpan(0, encrypted.Length)).Sized16BE("secret", size).ToArray();
    }

    private static byte[] Mgf(byte[] seed, int length) =>
        [.. Enumerable.Range(0, length / 32 + 1).SelectMany(i => SHA256.HashData((byte[])[.. seed, 0, 0, 0, (byte)i])).Take(length)];

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
