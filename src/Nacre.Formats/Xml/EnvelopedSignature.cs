using System.Security.Cryptography;
using System.Xml;
using Nacre.Formats.X509;

namespace Nacre.Formats.Xml;

/// <summary>
/// A signature inside the document it signs (W3C, XML Signature 1.1), in the one form that is accepted: ECDSA P-384 with SHA-384, one
/// reference to the whole document, which leaves out this signature and nothing else. Reading it proves nothing.
/// </summary>
public sealed class EnvelopedSignature
{
    private const string Structure = "xml.signature";
    private const string Namespace = "http://www.w3.org/2000/09/xmldsig#";
    private const string Enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    private const string EcdsaSha384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
    private const string Sha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
    private const int MaxText = 16 * 1024;

    private static readonly string[] s_canonical =
        ["http://www.w3.org/2006/12/xml-c14n11", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"];

    private readonly byte[] _signed;
    private readonly byte[] _signature;

    private EnvelopedSignature(IReadOnlyList<Certificate> certificates, byte[] signed, byte[] signature, bool matches) =>
        (Certificates, _signed, _signature, DigestMatches) = (certificates, signed, signature, matches);

    /// <summary>What the signature carries to find its key, in its order; not signed.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>Whether the digest that is signed is that of the document.</summary>
    public bool DigestMatches { get; }

    /// <summary>Whether the key signed this document. The key is believed for reasons of its own.</summary>
    public bool Verify(VerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return DigestMatches && key.VerifyEcdsa(HashAlgorithmName.SHA384, _signed, _signature);
    }

    /// <exception cref="MalformedDataException">The document has no such signature, or more than one.</exception>
    public static EnvelopedSignature Read(XmlDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var root = document.DocumentElement!;
        if (root.GetElementsByTagName("Signature", Namespace).Count != 1)
            throw new MalformedDataException(Structure, "Signature", 0, "must be there once");

        var signature = Child(root, "Signature");
        var info = Child(signature, "SignedInfo");
        RequireChildren(info, "CanonicalizationMethod", "SignatureMethod", "Reference");
        RequireAlgorithm(Child(info, "CanonicalizationMethod"), s_canonical);
        RequireAlgorithm(Child(info, "SignatureMethod"), EcdsaSha384);

        var reference = Child(info, "Reference");
        RequireChildren(reference, "Transforms", "DigestMethod", "DigestValue");
        if (!reference.HasAttribute("URI") || reference.GetAttribute("URI").Length != 0 || reference.Attributes.Count != 1)
            throw new MalformedDataException(Structure, "Reference", 0, "must be to the whole document, by an empty URI");

        var transforms = Elements(Child(reference, "Transforms"));
        if (transforms is not [{ LocalName: "Transform" } enveloped, { LocalName: "Transform" } canonical])
            throw new MalformedDataException(Structure, "Transforms", 0, "must be the enveloped signature and canonical XML");
        RequireAlgorithm(enveloped, Enveloped);
        RequireAlgorithm(canonical, s_canonical);
        RequireAlgorithm(Child(reference, "DigestMethod"), Sha384);

        var digest = SHA384.HashData(CanonicalXml.Write(root, without: signature));
        return new(
            ReadCertificates(signature), CanonicalXml.Write(info), Base64(Child(signature, "SignatureValue")),
            digest.AsSpan().SequenceEqual(Base64(Child(reference, "DigestValue"))));
    }

    private static List<Certificate> ReadCertificates(XmlElement signature)
    {
        var data = Elements(Child(Child(signature, "KeyInfo"), "X509Data")).Where(one => one.LocalName == "X509Certificate").ToArray();
        return data.Length is > 0 and <= 8
            ? [.. data.Select(one => Certificate.Parse(Base64(one)))]
            : throw new MalformedDataException(Structure, "X509Data", 0, "must hold 1 to 8 certificates");
    }

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

    // An algorithm with parameters would be another algorithm.
    private static void RequireAlgorithm(XmlElement element, params string[] accepted)
    {
        if (!accepted.Contains(element.GetAttribute("Algorithm")) || element.HasChildNodes)
            throw new MalformedDataException(Structure, element.LocalName, 0, $"must be {accepted[0]}");
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
