using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;
using Nacre.Formats;
using Nacre.Formats.Xml;

namespace Nacre.Attestation.ReferenceValues.Swid;

/// <summary>A reference integrity manifest in a SWID tag (TCG RIM information model), read as upstream reads it. Reading it proves nothing.</summary>
public static class SwidManifest
{
    private const string Structure = "swid";
    private const string Swid = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
    private const string Rim = "https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/";
    private const string Sha384 = "http://www.w3.org/2001/04/xmlenc#sha384";
    private const int HashDigits = 96;
    private const int MaxAlternatives = 256;

    /// <summary>The values under the names of trust.md 4.2; hashes of zeros only say that there is nothing to compare with.</summary>
    /// <exception cref="MalformedDataException">It is no such manifest.</exception>
    public static IReadOnlyList<(string Name, JsonNode? Value)> Read(ReadOnlySpan<byte> utf8) =>
        Read(StrictXml.Parse(utf8, Structure, ReferenceValueMessage.MaxBytes));

    /// <inheritdoc cref="Read(ReadOnlySpan{byte})"/>
    internal static IReadOnlyList<(string Name, JsonNode? Value)> Read(XmlDocument document)
    {
        var root = document.DocumentElement!;
        if (root is not { LocalName: "SoftwareIdentity", NamespaceURI: Swid })
            throw Malformed(root.LocalName, "must be a SoftwareIdentity");

        var meta = Child(root, "Meta");
        var prefix = $"{Attribute(meta, "PlatformManufacturerStr", Rim).Replace(' ', '_')}.{Attribute(meta, "edition", "")}";
        var values = new List<(string, JsonNode?)>();
        foreach (var resource in Children(Child(root, "Payload"), "Resource").Where(one => one.GetAttribute("type") == "Measurement"))
        {
            if (ReadHashes(resource) is { Count: > 0 } hashes)
                values.Add(($"{prefix}.measurement_{Attribute(resource, "index", "")}".Replace('-', '_'), hashes));
        }

        return values;
    }

    private static JsonArray ReadHashes(XmlElement resource)
    {
        var hashes = new JsonArray();
        for (var i = 0; resource.GetAttributeNode(string.Create(CultureInfo.InvariantCulture, $"Hash{i}"), Sha384) is { Value: var hash }; i++)
        {
            if (i == MaxAlternatives || hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit))
                throw Malformed($"Hash{i}", $"must be {HashDigits} hexadecimal digits, and there may be {MaxAlternatives}");
            if (hash.AsSpan().ContainsAnyExcept('0'))
                hashes.Add((JsonNode)JsonValue.Create(hash.ToLowerInvariant()));
        }

        return hashes;
    }

    private static string Attribute(XmlElement element, string name, string space) =>
        element.GetAttributeNode(name, space)?.Value ?? throw Malformed(name, $"is missing in {element.LocalName}");

    private static XmlElement Child(XmlElement parent, string name) => Children(parent, name).FirstOrDefault() ?? throw Malformed(name, "is missing");

    private static IEnumerable<XmlElement> Children(XmlElement parent, string name) =>
        parent.ChildNodes.OfType<XmlElement>().Where(child => child.LocalName == name && child.NamespaceURI == Swid);

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
