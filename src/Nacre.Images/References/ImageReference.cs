using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Nacre.Images.References;

/// <summary>
/// <c>[host[:port]/]path[:tag][@digest]</c>, completed by docker's rules (guest.md 6.2): without a host it is on docker.io, there a single
/// component is below <c>library/</c>, and with neither tag nor digest the tag is <c>latest</c>.
/// </summary>
public sealed partial record ImageReference
{
    private const string DockerHub = "docker.io";
    private const int LongestName = 255;

    private ImageReference(string registry, string repository, string? tag, Digest? digest) =>
        (Registry, Repository, Tag, Digest) = (registry, repository, tag, digest);

    /// <summary>Host and, if given, port.</summary>
    public string Registry { get; }

    /// <summary>The path below the registry.</summary>
    public string Repository { get; }

    public string? Tag { get; }

    public Digest? Digest { get; }

    /// <summary><c>registry/repository</c>.</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>What stands after <c>/manifests/</c>; the digest wins over the tag.</summary>
    public string ManifestName => Digest?.ToString() ?? Tag!;

    /// <summary>Where docker.io is really served.</summary>
    public string NetworkHost => Registry == DockerHub ? "registry-1.docker.io" : Registry;

    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, tag: null, digest);

    public ImageReference WithTag(string tag) => new(Registry, Repository, tag, digest: null);

    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = null;
        var rest = text;
        Digest? digest = null;
        var at = rest.IndexOf('@');
        if (at >= 0)
        {
            if (!Digest.TryParse(rest[(at + 1)..], out digest))
            {
                problem = $"'{rest[(at + 1)..]}' is no sha256, sha384 or sha512 digest";
                return false;
            }

            rest = rest[..at];
        }

        string? tag = null;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
            (rest, tag) = (rest[..colon], rest[(colon + 1)..]);

        var (registry, repository) = SplitRegistry(rest);
        problem = Problem(registry, repository, tag);
        if (problem is not null)
            return false;

        reference = new(registry, repository, tag ?? (digest is null ? "latest" : null), digest);
        return true;
    }

    /// <exception cref="FormatException">The message says which part is wrong.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference, out var problem) ? reference : throw new FormatException($"'{text}' is no image name: {problem}");

    public override string ToString() => $"{Name}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    private static (string Registry, string Repository) SplitRegistry(string name)
    {
        var slash = name.IndexOf('/');
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first.Contains('.') || first.Contains(':') || first == "localhost";
        var (registry, repository) = isHost ? (first, name[(slash + 1)..]) : (DockerHub, name);
        if (registry == "index.docker.io")
            registry = DockerHub;
        return (registry, registry == DockerHub && !repository.Contains('/') ? "library/" + repository : repository);
    }

    private static string? Problem(string registry, string repository, string? tag)
    {
        if (!Host().IsMatch(registry))
            return $"'{registry}' is no host";
        if (!Path().IsMatch(repository))
            return $"the path '{repository}' must be lower-case letters and digits, parted by single '.', '_', '-' and '/'";
        if (registry.Length + 1 + repository.Length > LongestName)
            return $"it is longer than {LongestName} characters";
        if (tag is not null && !TagName().IsMatch(tag))
            return $"'{tag}' is no tag";
        return null;
    }

    // OCI distribution-spec, "Pulling manifests"; the host as in docker's reference grammar.
    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.None, 1000)]
    private static partial Regex Path();

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z", RegexOptions.None, 1000)]
    private static partial Regex TagName();

    [GeneratedRegex(@"\A(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?\z", RegexOptions.None, 1000)]
    private static partial Regex Host();
}
