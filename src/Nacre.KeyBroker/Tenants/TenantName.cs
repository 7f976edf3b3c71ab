namespace Nacre.KeyBroker.Tenants;

/// <summary>The names that tenants may have, and where they stand in a path: <c>/tenants/NAME/…</c>.</summary>
public static class TenantName
{
    public const int MaxLength = 63;
    public const string Rule = "1 to 63 of a-z 0-9 -, not with a hyphen at either end, and not 'default'";

    private const string Segment = "tenants";
    private const string Default = "default";

    /// <summary>As a label of a host name; <c>default</c> would be taken for the tenant that has no name.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && name != Default && name[0] != '-' && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>
    /// Whose request it is, and the rest of its path. This is the only place that says it, and the rest of the path cannot say it again:
    /// no table has a route that begins so.
    /// </summary>
    public static (string? Tenant, IReadOnlyList<string> Segments) Split(IReadOnlyList<string> segments) =>
        segments is [Segment, var name, _, ..] ? (name, [.. segments.Skip(2)]) : (null, segments);

    /// <summary>What a tenant's paths begin with; empty for the one without a name.</summary>
    public static string PathPrefix(string? tenant) => tenant is null ? "" : $"/{Segment}/{tenant}";
}
