using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Policy.Notation;

/// <summary>One of the trust policies in a file.</summary>
/// <param name="Name">For reports.</param>
/// <param name="Scopes">Repositories with their registry, or <c>*</c> alone.</param>
/// <param name="Level">What a failed check means.</param>
/// <param name="Stores">Whose roots are trusted; none where nothing is checked.</param>
/// <param name="Identities">Which signers below these roots; empty for all of them.</param>
internal sealed record NotationRule(
    string Name, IReadOnlyList<string> Scopes, NotationLevel Level, IReadOnlyList<NotationStoreName> Stores,
    IReadOnlyList<TrustedIdentity> Identities)
{
    private const int Most = 64;
    private const int LongestName = 128;
    private const string Everything = "*";

    public bool IsGlobal => Scopes is [Everything];

    /// <summary>By whom a signature must be, for messages.</summary>
    public override string ToString() => Identities.Count == 0 ? "anybody below these roots" : string.Join(" or ", Identities);

    public static NotationRule Read(JsonObject json, string file)
    {
        var name = OciJson.Text(json, "name", file);
        var where = $"{file}, policy '{name}'";
        NotationTrustPolicy.RequireKnown(json, ["name", "registryScopes", "signatureVerification", "trustStores", "trustedIdentities"], where);
        if (name.Length == 0)
            throw NotationTrustPolicy.Invalid("'name' is empty", where);

        var scopes = OciJson.Texts(json, "registryScopes", Most, where);
        var level = NotationLevel.Read(OciJson.Object(json, "signatureVerification", where), where);
        var stores = OciJson.Texts(json, "trustStores", Most, where);
        var identities = OciJson.Texts(json, "trustedIdentities", Most, where);
        RequireScopes(scopes, level, where);
        if (level.SkipsAll)
        {
            return stores.Count + identities.Count == 0
                ? new(name, scopes, level, [], [])
                : throw NotationTrustPolicy.Invalid("level 'skip' checks nothing, so trustStores and trustedIdentities must be empty", where);
        }

        if (stores.Count == 0 || identities.Count == 0)
            throw NotationTrustPolicy.Invalid("trustStores and trustedIdentities must not be empty", where);
        var rule = new NotationRule(name, scopes, level, [.. stores.Select(store => ReadStore(store, where))], ReadIdentities(identities, where));
        return rule.Stores.All(store => store.Kind == NotationStoreName.TimestampAuthorities)
            ? throw NotationTrustPolicy.Invalid("trustStores name no store of kind ca or signingAuthority", where)
            : rule;
    }

    private static void RequireScopes(IReadOnlyList<string> scopes, NotationLevel level, string where)
    {
        if (scopes.Count == 0)
            throw NotationTrustPolicy.Invalid("'registryScopes' is empty", where);
        if (scopes is [Everything])
        {
            if (level.SkipsAll)
                throw NotationTrustPolicy.Invalid("level 'skip' must not be for all repositories", where);
            return;
        }

        // A name that would be completed (docker.io, library/) would never fit, and its policy would silently not be the one.
        if (scopes.FirstOrDefault(scope => !IsRepository(scope)) is { } bad)
        {
            throw NotationTrustPolicy.Invalid(
                $"the scope '{bad}' is neither '*' alone nor a repository with its registry, as in registry.example/team/app", where);
        }
    }

    private static bool IsRepository(string scope) =>
        !scope.Contains('*') && ImageReference.TryParse(scope, out var image, out _) && image.Name == scope;

    private static NotationStoreName ReadStore(string text, string where)
    {
        var colon = text.IndexOf(':');
        var store = colon < 0 ? new("", text) : new NotationStoreName(text[..colon], text[(colon + 1)..]);
        return NotationStoreName.Kinds.Contains(store.Kind) && IsName(store.Name)
            ? store
            : throw NotationTrustPolicy.Invalid(
                $"the trust store '{text}' is none of {string.Join(", ", NotationStoreName.Kinds.Select(kind => $"{kind}:NAME"))}", where);
    }

    private static List<TrustedIdentity> ReadIdentities(IReadOnlyList<string> texts, string where)
    {
        if (texts is [Everything])
            return [];

        var identities = texts.Select(text => TrustedIdentity.Parse(text, where)).ToList();
        foreach (var one in identities)
        {
            if (identities.Find(other => !ReferenceEquals(other, one) && one.Covers(other)) is { } other)
                throw NotationTrustPolicy.Invalid($"the trusted identity '{one}' covers '{other}' too", where);
        }

        return identities;
    }

    private static bool IsName(string text) =>
        text is not ("" or "." or "..") && text.Length <= LongestName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}

/// <summary>A store as a trust policy names it: <c>ca:NAME</c>.</summary>
internal sealed record NotationStoreName(string Kind, string Name)
{
    public const string Authorities = "ca";
    public const string SigningAuthorities = "signingAuthority";
    public const string TimestampAuthorities = "tsa";

    public static IReadOnlyList<string> Kinds { get; } = [Authorities, SigningAuthorities, TimestampAuthorities];
}
