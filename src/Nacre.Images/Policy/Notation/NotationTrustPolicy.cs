using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Policy.Notation;

/// <summary>
/// <c>trustpolicy.json</c> of the Notary Project, version 1.0 for OCI artifacts (trust-store-trust-policy.md): who may have signed the images of
/// which repositories. What is not understood is refused, and so is a repository under two policies.
/// </summary>
public sealed class NotationTrustPolicy
{
    private const int LargestPolicy = 1 << 20;
    private const int MostPolicies = 256;
    private readonly List<NotationRule> _rules = [];

    private NotationTrustPolicy()
    {
    }

    /// <exception cref="ImageException">It is no such policy (<see cref="ImageFault.PolicyInvalid"/>).</exception>
    public static NotationTrustPolicy Parse(ReadOnlySpan<byte> json, string where)
    {
        if (json.Length > LargestPolicy)
            throw Invalid($"it has {json.Length} bytes, at most {LargestPolicy} are read", where);

        try
        {
            var root = OciJson.Parse(json, where);
            RequireKnown(root, ["version", "trustPolicies"], where);
            if (OciJson.Text(root, "version", where) is var version and not "1.0")
                throw Invalid($"'version' is '{version}', must be '1.0'", where);

            var policy = new NotationTrustPolicy();
            foreach (var item in OciJson.Objects(root, "trustPolicies", MostPolicies, where))
                policy._rules.Add(NotationRule.Read(item, where));
            policy.RequireClear(where);
            return policy;
        }
        catch (ImageException e) when (e.Fault is ImageFault.Malformed or ImageFault.TooLarge)
        {
            throw Invalid(e.What, e.Where);
        }
    }

    /// <summary>The one policy for a repository: by its exact name, else the global one; null when there is none.</summary>
    internal NotationRule? Find(ImageReference image) =>
        _rules.Find(rule => rule.Scopes.Contains(image.Name)) ?? _rules.Find(rule => rule.IsGlobal);

    internal static void RequireKnown(JsonObject json, string[] known, string where)
    {
        if (json.Select(pair => pair.Key).FirstOrDefault(key => !known.Contains(key)) is { } unknown)
            throw Invalid($"the member '{unknown}' is not known", where);
    }

    internal static ImageException Invalid(string what, string where) => new(
        ImageFault.PolicyInvalid, $"the Notation trust policy is not valid: {what}", where,
        "correct it by the Notary Project's trust-store-trust-policy.md");

    private void RequireClear(string where)
    {
        if (_rules.Count == 0)
            throw Invalid("'trustPolicies' is empty", where);
        if (Twice(_rules.Select(rule => rule.Name)) is { } name)
            throw Invalid($"two policies have the name '{name}'", where);
        if (Twice(_rules.SelectMany(rule => rule.Scopes)) is { } scope)
            throw Invalid($"the scope '{scope}' stands in two places", where);
    }

    private static string? Twice(IEnumerable<string> texts) => texts.GroupBy(text => text).FirstOrDefault(group => group.Count() > 1)?.Key;
}

/// <summary>What a pull or a verification asks of Notation signatures, besides what <see cref="ImagePolicy"/> asks.</summary>
/// <param name="Policy">Whose signatures are good for which repositories.</param>
/// <param name="TrustStore">The directory with <c>x509/ca/NAME/…</c> in it, as notation lays it out.</param>
public sealed record NotationTrust(NotationTrustPolicy Policy, string TrustStore);
