using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Formats.Ciphers;
using Nacre.Formats.X509;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>A key that signs what a supply chain says of its products: RSA, ECDSA or Ed25519.</summary>
public sealed class SupplyChainKey
{
    // SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410, section 4).
    private static readonly byte[] s_ed25519 = Convert.FromHexString("302a300506032b6570032100");

    private readonly byte[]? _ed25519;
    private readonly VerificationKey? _key;

    private SupplyChainKey(byte[]? ed25519, VerificationKey? key) => (_ed25519, _key) = (ed25519, key);

    /// <summary>The same key in the form that COSE takes; null for Ed25519.</summary>
    internal VerificationKey? VerificationKey => _key;

    /// <exception cref="MalformedDataException">It is no public key in PEM, or of a kind that is not accepted.</exception>
    public static SupplyChainKey FromPem(string pem)
    {
        var der = PemPublicKey.Decode(pem);
        return der.AsSpan().StartsWith(s_ed25519) && der.Length == s_ed25519.Length + Ed25519.KeySize
            ? FromEd25519(der[s_ed25519.Length..])
            : new(null, VerificationKey.Import(der));
    }

    internal static SupplyChainKey FromEd25519(byte[] key) => new(key, null);

    /// <summary>Ed25519, RSA-PSS with SHA-256, or ECDSA with the hash of its curve in DER: what in-toto and DSSE use with each kind of key.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (_ed25519 is not null)
            return Ed25519.Verify(_ed25519, message, signature);

        return _key!.Verify(_key.Kind switch
        {
            "P-256" => new(SignatureScheme.Ecdsa, HashAlgorithmName.SHA256),
            "P-384" => new(SignatureScheme.Ecdsa, HashAlgorithmName.SHA384),
            "P-521" => new(SignatureScheme.Ecdsa, HashAlgorithmName.SHA512),
            _ => new SignatureAlgorithm(SignatureScheme.RsaPss, HashAlgorithmName.SHA256),
        }, message, signature);
    }
}
