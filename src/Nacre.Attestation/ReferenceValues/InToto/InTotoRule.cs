using System.IO.Enumeration;
using System.Text.Json;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>A rule over artifacts (in-toto specification 0.9, section 4.3.3).</summary>
/// <param name="Kind">In upper case: CREATE, DELETE, MODIFY, ALLOW, DISALLOW, REQUIRE or MATCH.</param>
/// <param name="Pattern">As of a shell; the asterisk passes slashes too.</param>
/// <param name="SourcePrefix">Of MATCH: what the paths begin with here.</param>
/// <param name="WithProducts">Of MATCH: compared with products, not with materials.</param>
/// <param name="TargetPrefix">Of MATCH: what the paths begin with there.</param>
/// <param name="From">Of MATCH: the step to compare with.</param>
internal sealed record InTotoRule(string Kind, string Pattern, string SourcePrefix, bool WithProducts, string TargetPrefix, string From)
{
    public static IReadOnlyList<InTotoRule> ReadAll(JsonFields step, string name)
    {
        var rules = step.Any(name);
        if (rules.ValueKind != JsonValueKind.Array || rules.GetArrayLength() > 1000)
            throw step.Malformed(name, "must be an array of at most 1000 rules");

        return [.. rules.EnumerateArray().Select(rule => Read(step, name, rule))];
    }

    private static InTotoRule Read(JsonFields step, string name, JsonElement rule)
    {
        if (rule.ValueKind != JsonValueKind.Array || rule.EnumerateArray().Any(word => word.ValueKind != JsonValueKind.String))
            throw step.Malformed(name, "must hold rules as arrays of strings");

        string[] words = [.. rule.EnumerateArray().Select(word => word.GetString()!)];
        var found = words switch
        {
            [var kind, var pattern] => new InTotoRule(kind.ToUpperInvariant(), pattern, "", false, "", ""),
            [var kind, var pattern, .. var rest] when Is(kind, "MATCH") => ReadMatch(pattern, rest),
            _ => null,
        };
        return found is { Kind: "CREATE" or "DELETE" or "MODIFY" or "ALLOW" or "DISALLOW" or "REQUIRE" } or { Kind: "MATCH", From: not "" }
            && IsPlain(found.Pattern)
            ? found
            : throw step.Malformed(name, $"has the rule '{string.Join(' ', words)}', which is not known here");
    }

    // MATCH pattern [IN prefix] WITH (MATERIALS|PRODUCTS) [IN prefix] FROM step
    private static InTotoRule? ReadMatch(string pattern, string[] rest)
    {
        var source = "";
        if (rest is [var first, var prefix, .. var afterSource] && Is(first, "IN"))
            (source, rest) = (prefix, afterSource);
        if (rest is not [var with, var side, .. var tail] || !Is(with, "WITH") || !(Is(side, "MATERIALS") || Is(side, "PRODUCTS")))
            return null;

        var target = "";
        if (tail is [var second, var targetPrefix, .. var afterTarget] && Is(second, "IN"))
            (target, tail) = (targetPrefix, afterTarget);
        return tail is [var from, var step] && Is(from, "FROM") ? new("MATCH", pattern, source, Is(side, "PRODUCTS"), target, step) : null;
    }

    public bool Fits(string path) => FileSystemName.MatchesSimpleExpression(Pattern, path, ignoreCase: false);

    // Classes of characters and escapes are not read alike everywhere.
    private static bool IsPlain(string pattern) => !pattern.AsSpan().ContainsAny('[', ']', '\\');

    private static bool Is(string word, string keyword) => word.Equals(keyword, StringComparison.OrdinalIgnoreCase);
}
