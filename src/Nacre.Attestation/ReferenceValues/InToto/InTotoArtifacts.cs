using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// Applies the rules of a step to what it took and made (in-toto specification 0.9, section 4.3.3): each rule takes artifacts off a queue, and
/// the rules DISALLOW and REQUIRE fail. What is left is allowed.
/// </summary>
internal static class InTotoArtifacts
{
    public static void Require(InTotoStep step, IReadOnlyDictionary<string, InTotoLink> links)
    {
        var link = links[step.Name];
        Apply(step.Name, "materials", step.MaterialRules, link.Materials, link, links);
        Apply(step.Name, "products", step.ProductRules, link.Products, link, links);
    }

    private static void Apply(
        string step, string side, IReadOnlyList<InTotoRule> rules, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> artifacts,
        InTotoLink link, IReadOnlyDictionary<string, InTotoLink> links)
    {
        var queue = new SortedSet<string>(artifacts.Keys, StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            if (rule.Kind == "DISALLOW" && queue.FirstOrDefault(rule.Fits) is { } forbidden)
                throw Broken(step, side, $"'{forbidden}' is disallowed by '{rule.Pattern}'");
            if (rule.Kind == "REQUIRE" && !queue.Contains(rule.Pattern))
                throw Broken(step, side, $"'{rule.Pattern}' is required");

            queue.RemoveWhere(path => Takes(rule, path, artifacts[path], link, links));
        }
    }

    private static bool Takes(
        InTotoRule rule, string path, IReadOnlyDictionary<string, string> digests, InTotoLink link, IReadOnlyDictionary<string, InTotoLink> links) =>
        rule.Kind switch
        {
            "ALLOW" => rule.Fits(path),
            "CREATE" => rule.Fits(path) && !link.Materials.ContainsKey(path) && link.Products.ContainsKey(path),
            "DELETE" => rule.Fits(path) && link.Materials.ContainsKey(path) && !link.Products.ContainsKey(path),
            "MODIFY" => rule.Fits(path) && link.Materials.TryGetValue(path, out var before) && link.Products.TryGetValue(path, out var after)
                && !SupplyChainDocument.AreSame(before, after),
            "MATCH" => Matches(rule, path, digests, links),
            _ => false,
        };

    private static bool Matches(
        InTotoRule rule, string path, IReadOnlyDictionary<string, string> digests, IReadOnlyDictionary<string, InTotoLink> links)
    {
        if (!links.TryGetValue(rule.From, out var other))
            return false;

        var source = Folder(rule.SourcePrefix);
        if (!path.StartsWith(source, StringComparison.Ordinal) || !rule.Fits(path[source.Length..]))
            return false;

        var target = Folder(rule.TargetPrefix) + path[source.Length..];
        return (rule.WithProducts ? other.Products : other.Materials).TryGetValue(target, out var found) && SupplyChainDocument.AreSame(digests, found);
    }

    private static string Folder(string prefix) => prefix.Length == 0 || prefix.EndsWith('/') ? prefix : prefix + "/";

    private static MalformedDataException Broken(string step, string side, string rule) => new("in-toto.layout", $"{step}.{side}", 0, rule);
}
