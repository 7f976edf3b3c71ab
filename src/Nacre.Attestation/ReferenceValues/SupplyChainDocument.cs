using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>What the JSON documents of supply chains have in common.</summary>
internal static class SupplyChainDocument
{
    public const int MaxItems = 10_000;

    // Hexadecimal digits by the names of in-toto's DigestSet.
    private static readonly FrozenDictionary<string, int> s_digits = new Dictionary<string, int>
    {
        ["sha256"] = 64,
        ["sha384"] = 96,
        ["sha512"] = 128,
        ["sha512_256"] = 64,
        ["sha3_256"] = 64,
        ["sha3_384"] = 96,
        ["sha3_512"] = 128,
    }.ToFrozenDictionary();

    public static IEnumerable<JsonFields> Objects(this JsonFields fields, string name, string structure) =>
        fields.Array(name, MaxItems).Select(item => new JsonFields(structure, item));

    /// <summary>
    /// Digests by algorithm, in lower-case hexadecimal; at least one. Those of algorithms in which collisions can be made, or that are not
    /// known, say nothing and are left out.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Digests(this JsonFields digests)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in digests.Element.EnumerateObject().Where(member => s_digits.ContainsKey(member.Name)))
        {
            var digest = digests.Text(member.Name, 128);
            if (digest.Length != s_digits[member.Name] || !digest.All(char.IsAsciiHexDigit))
                throw digests.Malformed(member.Name, $"must be {s_digits[member.Name]} hexadecimal digits");
            found.Add(member.Name, digest.ToLowerInvariant());
        }

        return found.Count > 0 ? found : throw digests.Malformed("(digests)", $"are of none of {string.Join(", ", s_digits.Keys.Order())}");
    }

    /// <summary>Whether digests are of one thing: they have an algorithm in common, and agree in all that they have.</summary>
    public static bool AreSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other)
    {
        var shared = one.Keys.Where(other.ContainsKey).ToList();
        return shared.Count > 0 && shared.TrueForAll(algorithm => one[algorithm] == other[algorithm]);
    }

    /// <summary>Digests as the value of a name.</summary>
    public static JsonArray ToValue(IReadOnlyDictionary<string, string> digests) => [.. digests.Values.Select(digest => JsonValue.Create(digest))];

    public static byte[] Hex(this JsonFields fields, string name, int max)
    {
        return HexText.Decode(fields.Text(name, 2 * max)) ?? throw fields.Malformed(name, "must be hexadecimal digits of one case");
    }
}
