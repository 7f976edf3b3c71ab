using System.Security.Cryptography;
using System.Xml;
using Nacre.Formats.X509;

namespace Nacre.Formats.Xml;

/// <summary>
/// A signature inside the document it signs (W3C, XML Signature 1.1), in the one form that is accepted: one reference to the whole document,
/// which leaves out this signature and nothing else, with the algorithms of an <see cref="XmlSignatureProfile"/>. Reading it proves nothing.
/// </summary>
public sealed class EnvelopedSignature
{
    private const string Structure = "xml.signature";
    private const string Namespace = "http://www.w3.org/2000/09/xmldsig#";
    private const string Enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    private const int MaxText = 16 * 1024;
    private const int MaxCertificates = 8;

    private readonly byte[] _signed;
    private readonly byte[] _signature;
    private readonly SignatureAlgorithm _algorithm;

    private EnvelopedSignature(
        IReadOnlyList<Certificate> certificates, byte[] signed, byte[] signature, SignatureAlgorithm algorithm, bool matches) =>
        (Certificates, _signed, _signature, _algorithm, DigestMatches) = (certificates, signed, signature, algorithm, matches);

    /// <summary>What the signature carries to find its key, in its order; not signed. Empty only where the profile allows it.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>Whether the digest that is signed is that of the document.</summary>
    public bool DigestMatches { get; }

    /// <summary>Whether the key signed this document. The key is believed for reasons of its own.</summary>
    public bool Verify(VerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return DigestMatches && (_algorithm.Scheme == SignatureScheme.Ecdsa
            ? key.VerifyEcdsa(_algorithm.Hash, _signed, _signature) : key.Verify(_algorithm, _signed, _signature));
    }

    /// <summary>Whether there is any signature; <see cref="Read"/> says whether it is of the accepted form.</summary>
    public static bool IsSigned(XmlDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return document.GetElementsByTagName("Signature", Namespace).Count > 0;
    }

    /// <param name="document">As <see cref="StrictXml"/> read it.</param>
    /// <param name="profile">The algorithms that are accepted; those of NVIDIA's manifests unless given.</param>
    /// <exception cref="MalformedDataException">The document has no such signature, or more than one.</exception>
    public static EnvelopedSignature Read(XmlDocument document, XmlSignatureProfile? profile = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        profile ??= XmlSignatureProfile.Nvidia;
        var root = document.DocumentElement!;
        if (root.GetElementsByTagName("Signature", Namespace).Count != 1)
            throw new MalformedDataException(Structure, "Signature", 0, "must be there once");

        var signature = Child(root, "Signature");
        var info = Child(signature, "SignedInfo");
        RequireChildren(info, "CanonicalizationMethod", "SignatureMethod", "Reference");
        var isExclusive = Canonical(profile, Child(info, "CanonicalizationMethod"));
        var algorithm = Find(profile.Methods, Child(info, "SignatureMethod"));

        var reference = Child(info, "Reference");
        RequireChildren(reference, "Transforms", "DigestMethod", "DigestValue");
        if (!reference.HasAttribute("URI") || reference.GetAttribute("URI").Length != 0 || reference.Attributes.Count != 1)
            throw new MalformedDataException(Structure, "Reference", 0, "must be to the whole document, by an empty URI");

        var transforms = Elements(Child(reference, "Transforms"));
        if (transforms is not [{ LocalName: "Transform" } enveloped, { LocalName: "Transform" } canonical])
            throw new MalformedDataException(Structure, "Transforms", 0, "must be the enveloped signature and canonical XML");
        if (Algorithm(enveloped) != Enveloped)
            throw new MalformedDataException(Structure, "Transform", 0, $"must be {Enveloped}");

        var hash = Find(profile.Digests, Child(reference, "DigestMethod"));
        var content = CanonicalXml.Write(root, without: signature, Canonical(profile, canonical));
        return new(
            ReadCertificates(signature, profile), CanonicalXml.Write(info, exclusive: isExclusive), Base64(Child(signature, "SignatureValue")),
            algorithm, CryptographicOperations.HashData(hash, content).AsSpan().SequenceEqual(Base64(Child(reference, "DigestValue"))));
    }

    private static Certificate[] ReadCertificates(XmlElement signature, XmlSignatureProfile profile)
    {
        var data = Elements(signature).Where(one => one.LocalName == "KeyInfo").SelectMany(Elements)
            .Where(one => one.LocalName == "X509Data").SelectMany(Elements).Where(one => one.LocalName == "X509Certificate").ToArray();
        return data.Length <= MaxCertificates && (data.Length > 0 || !profile.NeedsCertificate)
            ? [.. data.Select(one => Certificate.Parse(Base64(one)))]
            : throw new MalformedDataException(Structure, "X509Data", 0, $"must hold 1 to {MaxCertificates} certificates");
    }

    private static bool Canonical(XmlSignatureProfile profile, XmlElement element) => Find(profile.Canonical, element);

    private static T Find<T>(IReadOnlyDictionary<string, T> accepted, XmlElement element) => accepted.TryGetValue(Algorithm(element), out var found)
        ? found : throw new MalformedDataException(Structure, element.LocalName, 0, $"must be {string.Join(" or ", accepted.Keys)}");

    // An algorithm with parameters would be another algorithm.
    private static string Algorithm(XmlElement element) => element.HasChildNodes
        ? throw new MalformedDataException(Structure, element.LocalName, 0, "must have no parameters") : element.GetAttribute("Algorithm");

    private static XmlElement Child(XmlElement parent, string name) =>
        Elements(parent).Where(one => one.LocalName == name && one.NamespaceURI == Namespace).Take(2).ToArray() is [var only]
            ? only : throw new MalformedDataException(Structure, name, 0, $"must be there once in {parent.LocalName}");

    private static void RequireChildren(XmlElement parent, params ReadOnlySpan<string> names)
    {
        var wanted = names.ToArray();
        if (!Elements(parent).Select(one => one.LocalName).SequenceEqual(wanted))
            throw new MalformedDataException(
                Structure, parent.LocalName, 0, $"must hold {string.Join(", ", wanted)} and nothing else");
    }

    private static XmlElement[] Elements(XmlElement parent) => [.. parent.ChildNodes.OfType<XmlElement>()];

    private static byte[] Base64(XmlElement element)
    {
        var text = element.InnerText;
        var bytes = new byte[Math.Min(text.Length, MaxText)];
        return text.Length <= MaxText && Convert.TryFromBase64String(text, bytes, out var written)
            ? bytes[..written]
            : throw new MalformedDataException(Structure, element.LocalName, 0, $"must be base64 of at most {MaxText} characters");
    }
}
