using System.Globalization;
using System.Xml;
using Nacre.Formats;
using Nacre.Formats.Xml;

namespace Nacre.Evidence.Nvidia;

/// <summary>
/// A reference integrity manifest of NVIDIA (evidence.md 13.1): a SWID tag (ISO 19770-2) with the digests that a release of a driver or a
/// VBIOS may measure. Parsed is not verified.
/// </summary>
public sealed record NvidiaReferenceManifest
{
    public const int MaxSize = 1024 * 1024;

    private const string Structure = "nvidia.manifest";
    private const string Swid = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
    private const string HashNamespace = "http://www.w3.org/2001/04/xmlenc#sha384";
    private const int MaxAlternatives = 64;

    public required EnvelopedSignature Signature { get; init; }

    /// <summary>The chip, such as <c>GH100</c>.</summary>
    public required string Product { get; init; }

    /// <summary>Of the driver or VBIOS, such as <c>550.144.03</c> or <c>96.10.55.00.01</c>.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// By the index of the measurement in a report (from 1); only those that are to be compared. Any of the digests is
    /// right.
    /// </summary>
    public required IReadOnlyDictionary<int, IReadOnlyList<byte[]>> Golden { get; init; }

    /// <exception cref="MalformedDataException">The text is no such manifest.</exception>
    public static NvidiaReferenceManifest Parse(ReadOnlySpan<byte> utf8)
    {
        var document = StrictXml.Parse(utf8, Structure, MaxSize);
        var root = document.DocumentElement!;
        if (root.LocalName != "SoftwareIdentity" || root.NamespaceURI != Swid)
            throw new MalformedDataException(Structure, "(root)", 0, "must be a SoftwareIdentity");

        var meta = Child(root, "Meta");
        var golden = new Dictionary<int, IReadOnlyList<byte[]>>();
        foreach (var resource in Child(root, "Payload").ChildNodes.OfType<XmlElement>())
            Read(resource, golden);

        return new()
        {
            Signature = EnvelopedSignature.Read(document),
            Product = Attribute(meta, "product"),
            Version = Attribute(meta, "colloquialVersion"),
            Golden = golden,
        };
    }

    private static void Read(XmlElement resource, Dictionary<int, IReadOnlyList<byte[]>> golden)
    {
        if (resource.LocalName != "Resource" || Attribute(resource, "type") != "Measurement")
            throw new MalformedDataException(Structure, resource.LocalName, 0, "is no measurement");

        var index = Number(resource, "index", 0, 254);
        if (Attribute(resource, "active") is not ("True" or "False"))
            throw new MalformedDataException(Structure, "active", 0, "must be True or False");

        if (Attribute(resource, "active") == "False")
            return;

        var digests = new byte[Number(resource, "alternatives", 1, MaxAlternatives)][];
        for (var i = 0; i < digests.Length; i++)
            digests[i] = Digest(resource, $"Hash{i.ToString(CultureInfo.InvariantCulture)}");

        // The manifest counts from 0, SPDM from 1.
        if (!golden.TryAdd(index + 1, digests))
            throw new MalformedDataException(Structure, "index", 0, $"{index} occurs twice");
    }

    private static byte[] Digest(XmlElement resource, string name)
    {
        return HexText.Decode(resource.GetAttribute(name, HashNamespace)) is { Length: > 0 and <= 64 } digest
            ? digest : throw new MalformedDataException(Structure, name, 0, "must be a digest in hexadecimal");
    }

    private static int Number(XmlElement element, string name, int min, int max) =>
        int.TryParse(Attribute(element, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= min && number <= max
            ? number : throw new MalformedDataException(Structure, name, 0, $"must be a number of {min} to {max}");

    private static string Attribute(XmlElement element, string name) => element.HasAttribute(name)
        ? element.GetAttribute(name) : throw new MalformedDataException(Structure, name, 0, $"is missing in {element.LocalName}");

    private static XmlElement Child(XmlElement root, string name) =>
        root.ChildNodes.OfType<XmlElement>().Where(one => one.LocalName == name && one.NamespaceURI == Swid).Take(2).ToArray() is [var only]
            ? only : throw new MalformedDataException(Structure, name, 0, "must be there once");
}
