using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>What a step took and what it made (in-toto specification 0.9, section 4.4): digests by the path of the artifact.</summary>
internal sealed record InTotoLink(
    string Name, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Materials,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Products)
{
    private const int MaxArtifacts = 10_000;

    public static InTotoLink Parse(JsonFields signed) =>
        new(signed.Text("name", 256), Artifacts(signed.Object("materials")), Artifacts(signed.Object("products")));

    public bool Agrees(InTotoLink other) => AreEqual(Materials, other.Materials) && AreEqual(Products, other.Products);

    private static bool AreEqual(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> one, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> other) =>
        one.Count == other.Count && one.All(artifact => other.TryGetValue(artifact.Key, out var found) && SupplyChainDocument.AreSame(artifact.Value, found));

    private static SortedDictionary<string, IReadOnlyDictionary<string, string>> Artifacts(JsonFields fields)
    {
        var found = new SortedDictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var member in fields.Element.EnumerateObject())
        {
            if (found.Count == MaxArtifacts)
                throw fields.Malformed("(artifacts)", $"are more than {MaxArtifacts}");
            found.Add(member.Name, fields.Object(member.Name).Digests());
        }

        return found;
    }
}
