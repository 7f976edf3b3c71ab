using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Policy;

/// <summary>Keys or certificates that a requirement names: by place, or as they stand in the policy.</summary>
/// <param name="Paths">Files, or <c>kbs:///…</c>.</param>
/// <param name="Texts">Their content.</param>
public sealed record KeyMaterial(IReadOnlyList<string> Paths, IReadOnlyList<byte[]> Texts)
{
    private const int Most = 64;
    private static readonly string[] s_forms = ["Path", "Paths", "Data", "Datas"];

    /// <summary>The members that can hold it, such as <c>keyPath</c>, <c>keyPaths</c>, <c>keyData</c>, <c>keyDatas</c>.</summary>
    internal static string[] Members(string stem) => [.. s_forms.Select(form => stem + form)];

    /// <summary>Null when no member with this stem is there; more than one is an error.</summary>
    internal static KeyMaterial? Find(JsonObject json, string stem, string where)
    {
        string[] given = [.. Members(stem).Where(json.ContainsKey)];
        if (given.Length == 0)
            return null;
        if (given.Length > 1)
            throw ImagePolicy.Invalid($"there are {string.Join(" and ", given)}, only one of them may be there", where);

        var values = given[0].EndsWith('s') ? OciJson.Texts(json, given[0], Most, where) : [OciJson.Text(json, given[0], where)];
        if (values.Count == 0)
            throw ImagePolicy.Invalid($"'{given[0]}' is empty", where);

        return given[0].StartsWith(stem + "Path", StringComparison.Ordinal)
            ? new(values, [])
            : new([], [.. values.Select(value => Decode(value, where))]);
    }

    internal static KeyMaterial Require(JsonObject json, string stem, string where) =>
        Find(json, stem, where) ?? throw ImagePolicy.Invalid($"one of {string.Join(", ", Members(stem))} is missing", where);

    // The specification says base64; PEM and armor as they are occur as well.
    private static byte[] Decode(string value, string where)
    {
        if (value.Contains("-----BEGIN", StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(value);

        var bytes = new byte[value.Length];
        return Convert.TryFromBase64String(value, bytes, out var length)
            ? bytes[..length]
            : throw ImagePolicy.Invalid("key data is neither base64 nor PEM", where);
    }
}
