using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Formats.Ciphers;
using Nacre.Formats.Cose;
using Nacre.Formats.Jose;
using Nacre.Formats.X509;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>A key that signs what a supply chain says of its products: RSA, ECDSA or Ed25519.</summary>
public sealed class SupplyChainKey
{
    // SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410, section 4).
    private static readonly byte[] s_ed25519 = Convert.FromHexString("302a300506032b6570032100");

    private readonly byte[]? _ed25519;
    private readonly Lazy<JwtVerificationKey> _jose;

    private SupplyChainKey(byte[]? ed25519, VerificationKey? key)
    {
        (_ed25519, VerificationKey) = (ed25519, key);
        var info = ed25519 is not null ? [.. s_ed25519, .. ed25519] : key!.ExportSubjectPublicKeyInfo();
        Fingerprint = Nacre.Formats.X509.VerificationKey.Digest(info);
        _jose = new(() => JwtVerificationKey.FromPem(PemEncoding.WriteString("PUBLIC KEY", info)));
    }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo in hexadecimal: the same for one key however it is written and whatever it is called.</summary>
    public string Fingerprint { get; }

    /// <summary>The same key in the form that XML takes; null for Ed25519.</summary>
    internal VerificationKey? VerificationKey { get; }

    /// <summary>The same key in the form that JOSE takes.</summary>
    internal JwtVerificationKey Jose => _jose.Value;

    /// <exception cref="MalformedDataException">It is no public key in PEM, or of a kind that is not accepted.</exception>
    public static SupplyChainKey FromPem(string pem) => Import(PemPublicKey.Decode(pem));

    /// <param name="subjectPublicKeyInfo">In DER.</param>
    /// <exception cref="MalformedDataException">It is no such key, or of a kind that is not accepted.</exception>
    public static SupplyChainKey Import(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        subjectPublicKeyInfo.StartsWith(s_ed25519) && subjectPublicKeyInfo.Length == s_ed25519.Length + Ed25519.KeySize
            ? FromEd25519(subjectPublicKeyInfo[s_ed25519.Length..].ToArray())
            : new(null, VerificationKey.Import(subjectPublicKeyInfo));

    internal static SupplyChainKey FromEd25519(byte[] key) => new(key, null);

    /// <summary>By the algorithm of the message, which must be one of this kind of key.</summary>
    internal bool Verify(CoseSign1 message) => _ed25519 is not null ? message.VerifyEd25519(_ed25519) : message.Verify(VerificationKey!);

    /// <summary>Ed25519, RSA-PSS with SHA-256, or ECDSA with the hash of its curve in DER: what in-toto and DSSE use with each kind of key.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (_ed25519 is not null)
            return Ed25519.Verify(_ed25519, message, signature);

        return VerificationKey!.Verify(VerificationKey.Kind switch
        {
            "P-256" => new(SignatureScheme.Ecdsa, HashAlgorithmName.SHA256),
            "P-384" => new(SignatureScheme.Ecdsa, HashAlgorithmName.SHA384),
            "P-521" => new(SignatureScheme.Ecdsa, HashAlgorithmName.SHA512),
            _ => new SignatureAlgorithm(SignatureScheme.RsaPss, HashAlgorithmName.SHA256),
        }, message, signature);
    }
}
