using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Policy;

/// <summary>Which name inside a signature is good for which image (containers-policy.json(5), "signedIdentity").</summary>
public abstract record SignedIdentity
{
    public sealed record MatchExact : SignedIdentity;

    /// <summary>The default: an image named by tag wants exactly this name; one named by digest wants the repository.</summary>
    public sealed record MatchRepoDigestOrExact : SignedIdentity;

    public sealed record MatchRepository : SignedIdentity;

    /// <summary>
    /// Only the digest counts: for signatures in bundles, which name no image. Ours, not of containers-policy.json(5); it must be asked for.
    /// </summary>
    public sealed record MatchDigest : SignedIdentity;

    public sealed record ExactReference(string DockerReference) : SignedIdentity;

    public sealed record ExactRepository(string DockerRepository) : SignedIdentity;

    public sealed record RemapIdentity(string Prefix, string SignedPrefix) : SignedIdentity;

    private SignedIdentity()
    {
    }

    /// <summary>Null when <paramref name="signed"/> is good for <paramref name="image"/>, else what was expected.</summary>
    public string? Mismatch(ImageReference image, string? signed)
    {
        if (this is MatchDigest)
            return null;
        if (signed is null)
            return "a name (signedIdentity 'matchDigest' wants none)";
        if (!ImageReference.TryParse(signed, out var claimed, out _))
            return "a name that can be read";

        return this switch
        {
            MatchExact => SameWhole(image, signed, claimed) ? null : image.ToString(),
            MatchRepoDigestOrExact => RepoDigestOrExact(image, signed, claimed),
            MatchRepository => claimed.Name == image.Name ? null : image.Name,
            ExactReference exact => ImageReference.TryParse(exact.DockerReference, out var wanted, out _) && SameWhole(wanted, signed, claimed)
                ? null : exact.DockerReference,
            ExactRepository exact => ImageReference.TryParse(exact.DockerRepository, out var wanted, out _) && wanted.Name == claimed.Name
                ? null : exact.DockerRepository,
            RemapIdentity remap => RepoDigestOrExact(Remapped(image, remap), signed, claimed),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    internal static SignedIdentity Read(JsonObject json, string where)
    {
        var type = OciJson.Text(json, "type", where);
        string[] members = type switch
        {
            "exactReference" => ["type", "dockerReference"],
            "exactRepository" => ["type", "dockerRepository"],
            "remapIdentity" => ["type", "prefix", "signedPrefix"],
            _ => ["type"],
        };
        ImagePolicy.RequireKnown(json, members, where);
        return type switch
        {
            "matchExact" => new MatchExact(),
            "matchRepoDigestOrExact" => new MatchRepoDigestOrExact(),
            "matchRepository" => new MatchRepository(),
            "matchDigest" => new MatchDigest(),
            "exactReference" => new ExactReference(OciJson.Text(json, "dockerReference", where)),
            "exactRepository" => new ExactRepository(OciJson.Text(json, "dockerRepository", where)),
            "remapIdentity" => new RemapIdentity(OciJson.Text(json, "prefix", where), OciJson.Text(json, "signedPrefix", where)),
            _ => throw ImagePolicy.Invalid($"signedIdentity type '{type}' is not known", where),
        };
    }

    private static string? RepoDigestOrExact(ImageReference image, string signed, ImageReference claimed) =>
        image.Digest is not null
            ? claimed.Name == image.Name ? null : image.Name
            : SameWhole(image, signed, claimed) ? null : image.ToString();

    // A signed name without tag and digest is a repository; reading it as ":latest" would sign what nobody signed.
    private static bool SameWhole(ImageReference image, string signed, ImageReference claimed) =>
        (signed.Contains('@') || signed.LastIndexOf(':') > signed.LastIndexOf('/')) && claimed.ToString() == image.ToString();

    private static ImageReference Remapped(ImageReference image, RemapIdentity remap)
    {
        var whole = image.ToString();
        if (!whole.StartsWith(remap.Prefix, StringComparison.Ordinal)
            || (whole.Length > remap.Prefix.Length && whole[remap.Prefix.Length] is not ('/' or ':' or '@')))
        {
            return image;
        }

        return ImageReference.TryParse(remap.SignedPrefix + whole[remap.Prefix.Length..], out var result, out _) ? result : image;
    }
}
