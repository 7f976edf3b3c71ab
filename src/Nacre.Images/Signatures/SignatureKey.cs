using System.Security.Cryptography;
using System.Text;
using Nacre.Formats.Ciphers;

namespace Nacre.Images.Signatures;

/// <summary>
/// A public key as cosign knows them: ECDSA P-256/SHA-256, P-384/SHA-384, P-521/SHA-512, RSA PKCS#1 v1.5/SHA-256, or Ed25519.
/// </summary>
public sealed class SignatureKey
{
    private const int SmallestRsa = 2048;

    // All of SubjectPublicKeyInfo before the key itself (RFC 8410, section 4).
    private static readonly byte[] s_ed25519 = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly byte[] _spki;
    private readonly bool _isRsa;
    private readonly HashAlgorithmName _hash;

    private SignatureKey(byte[] spki, bool isRsa, HashAlgorithmName hash) => (_spki, _isRsa, _hash) = (spki, isRsa, hash);

    /// <summary>The 32 bytes of an Ed25519 key; empty for another.</summary>
    internal ReadOnlyMemory<byte> Ed25519Key { get; private init; }

    /// <summary><c>sha256:</c> over the SubjectPublicKeyInfo: what reports name the key by.</summary>
    public string Fingerprint => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(_spki))}";

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo => _spki;

    /// <summary>From PEM, <c>PUBLIC KEY</c>.</summary>
    public static SignatureKey Parse(ReadOnlySpan<byte> pem, string where)
    {
        try
        {
            var text = Encoding.UTF8.GetString(pem);
            var fields = PemEncoding.Find(text);
            if (text[fields.Label] != "PUBLIC KEY")
                throw new ImageException(ImageFault.PolicyInvalid, $"the key is a '{text[fields.Label]}'", where, "give a PEM 'PUBLIC KEY'");
            return FromSpki(Convert.FromBase64String(text[fields.Base64Data]), where);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or CryptographicException)
        {
            throw new ImageException(ImageFault.PolicyInvalid, "the key is no PEM 'PUBLIC KEY'", where, "give the key that cosign wrote as cosign.pub", e);
        }
    }

    public static SignatureKey FromSpki(byte[] spki, string where)
    {
        if (spki.Length == s_ed25519.Length + Ed25519.KeySize && spki.AsSpan().StartsWith(s_ed25519))
            return new(spki, isRsa: false, default) { Ed25519Key = spki.AsMemory(s_ed25519.Length) };

        // SubjectPublicKeyInfo says which algorithm it is for; the right importer is the one that takes it.
        using var ecdsa = ECDsa.Create();
        if (TryImport(ecdsa, spki))
        {
            return new(spki, isRsa: false, ecdsa.KeySize switch
            {
                256 => HashAlgorithmName.SHA256,
                384 => HashAlgorithmName.SHA384,
                521 => HashAlgorithmName.SHA512,
                var size => throw new ImageException(ImageFault.PolicyInvalid, $"an EC key of {size} bits", where, "use P-256, P-384 or P-521"),
            });
        }

        using var rsa = RSA.Create();
        if (!TryImport(rsa, spki))
            throw new ImageException(ImageFault.PolicyInvalid, "the key is neither EC nor RSA nor Ed25519", where, "use an EC P-256 key");
        return rsa.KeySize >= SmallestRsa
            ? new(spki, isRsa: true, HashAlgorithmName.SHA256)
            : throw new ImageException(ImageFault.PolicyInvalid, $"an RSA key of {rsa.KeySize} bits", where, $"use {SmallestRsa} bits or more");
    }

    public bool Verifies(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (Ed25519Key.Length > 0)
            return Ed25519.Verify(Ed25519Key.Span, message, signature);

        if (_isRsa)
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(_spki, out _);
            return rsa.VerifyData(message, signature, _hash, RSASignaturePadding.Pkcs1);
        }

        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_spki, out _);
        return ecdsa.VerifyData(message, signature, _hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static bool TryImport(AsymmetricAlgorithm algorithm, byte[] spki)
    {
        try
        {
            algorithm.ImportSubjectPublicKeyInfo(spki, out var read);
            return read == spki.Length;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            // The latter is what the framework says of a curve it does not know.
            return false;
        }
    }
}
