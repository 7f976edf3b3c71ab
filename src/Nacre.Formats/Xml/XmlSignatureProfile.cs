using System.Collections.Frozen;
using System.Security.Cryptography;
using Nacre.Formats.X509;

namespace Nacre.Formats.Xml;

/// <summary>The algorithms that one kind of document may be signed with, of all that XML Signature allows. SHA-1 is in none.</summary>
/// <param name="Canonical">URIs of canonical XML, and whether it is the exclusive form.</param>
/// <param name="Methods">URIs of signature methods.</param>
/// <param name="Digests">URIs of digest methods.</param>
/// <param name="NeedsCertificate">Whether the signature must carry the certificate of its key.</param>
public sealed record XmlSignatureProfile(
    IReadOnlyDictionary<string, bool> Canonical, IReadOnlyDictionary<string, SignatureAlgorithm> Methods,
    IReadOnlyDictionary<string, HashAlgorithmName> Digests, bool NeedsCertificate)
{
    private const string More = "http://www.w3.org/2001/04/xmldsig-more#";
    private const string Encryption = "http://www.w3.org/2001/04/xmlenc#";

    private static readonly (string Uri, bool IsExclusive)[] s_inclusive =
        [("http://www.w3.org/2006/12/xml-c14n11", false), ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", false)];

    /// <summary>NVIDIA's reference integrity manifests: ECDSA with SHA-384.</summary>
    public static XmlSignatureProfile Nvidia { get; } = new(
        s_inclusive.ToFrozenDictionary(one => one.Uri, one => one.IsExclusive),
        MethodTable(("ecdsa-sha384", SignatureScheme.Ecdsa, HashAlgorithmName.SHA384)),
        new Dictionary<string, HashAlgorithmName> { [More + "sha384"] = HashAlgorithmName.SHA384 }.ToFrozenDictionary(), NeedsCertificate: true);

    /// <summary>
    /// Manifests of platforms (TCG PC Client RIM): RSA or ECDSA with SHA-256 and longer; the key may be known without a certificate.
    /// </summary>
    public static XmlSignatureProfile Platform { get; } = new(
        s_inclusive.Append(("http://www.w3.org/2001/10/xml-exc-c14n#", true)).ToFrozenDictionary(one => one.Item1, one => one.Item2),
        MethodTable(
            ("rsa-sha256", SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA256), ("rsa-sha384", SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA384),
            ("rsa-sha512", SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA512), ("ecdsa-sha256", SignatureScheme.Ecdsa, HashAlgorithmName.SHA256),
            ("ecdsa-sha384", SignatureScheme.Ecdsa, HashAlgorithmName.SHA384), ("ecdsa-sha512", SignatureScheme.Ecdsa, HashAlgorithmName.SHA512)),
        new Dictionary<string, HashAlgorithmName>
        {
            [Encryption + "sha256"] = HashAlgorithmName.SHA256,
            [More + "sha384"] = HashAlgorithmName.SHA384,
            [Encryption + "sha512"] = HashAlgorithmName.SHA512,
        }.ToFrozenDictionary(),
        NeedsCertificate: false);

    private static FrozenDictionary<string, SignatureAlgorithm> MethodTable(
        params (string Name, SignatureScheme Scheme, HashAlgorithmName Hash)[] methods) =>
        methods.ToFrozenDictionary(method => More + method.Name, method => new SignatureAlgorithm(method.Scheme, method.Hash));
}
