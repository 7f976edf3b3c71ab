using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Toml;
using Nacre.Images.References;

namespace Nacre.Images.Registry;

/// <summary>One place to ask for an image.</summary>
/// <param name="Image">The name there.</param>
/// <param name="PlainHttp">Without TLS.</param>
public sealed record RegistryPlace(ImageReference Image, bool PlainHttp);

/// <summary>
/// <c>registries.conf</c>, version 2 (containers-registries.conf(5)): mirrors, other locations, blocked and insecure registries. A prefix fits
/// whole components of a name, at its start; the longest that fits is the rule. <c>insecure</c> means plain HTTP, never TLS without a check.
/// <c>unqualified-search-registries</c> is read over: a short name means docker.io here, whoever configures what.
/// </summary>
public sealed class RegistriesConfig
{
    private const int MostRules = 1000;
    private const string Wildcard = "*.";

    private readonly List<Rule> _rules = [];

    private RegistriesConfig()
    {
    }

    /// <summary>No rules: every image is where its name says.</summary>
    public static RegistriesConfig Empty { get; } = new();

    /// <exception cref="ImageException">It is no such file, or a rule has neither prefix nor location.</exception>
    public static RegistriesConfig Parse(string toml, string where)
    {
        JsonObject root;
        try
        {
            root = TomlDocument.Parse(toml, where);
        }
        catch (MalformedDataException e)
        {
            throw Malformed(e.Message, where, e);
        }

        return Read(root, where);
    }

    /// <summary>The same from a table in another document.</summary>
    public static RegistriesConfig Read(JsonObject root, string where)
    {
        ArgumentNullException.ThrowIfNull(root);
        var config = new RegistriesConfig();
        foreach (var table in Tables(root, "registry", where))
            config._rules.Add(Rule.Read(table, where));
        if (config._rules.GroupBy(rule => rule.Prefix).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw Malformed($"there are {twice.Count()} rules for '{twice.Key}'", where);
        return config;
    }

    /// <summary>Where to ask, in order: mirrors first. The last is the image's own place, where pushes go.</summary>
    /// <exception cref="ImageException">The image is blocked.</exception>
    public IReadOnlyList<RegistryPlace> Resolve(ImageReference image)
    {
        var rule = _rules.Where(rule => rule.Fits(image.Name)).MaxBy(rule => rule.Prefix.Length);
        if (rule is null)
            return [new(image, PlainHttp: false)];
        if (rule.Blocked)
        {
            throw new ImageException(ImageFault.Denied, $"'{rule.Prefix}' is blocked by the registries' configuration", image.ToString(),
                "use an image of another registry, or change the configuration");
        }

        return
        [
            .. rule.Mirrors.Where(mirror => mirror.Serves(image)).Select(mirror => new RegistryPlace(rule.Rename(image, mirror.Location), mirror.PlainHttp)),
            new(rule.Location is { } location ? rule.Rename(image, location) : image, rule.PlainHttp),
        ];
    }

    private static IEnumerable<JsonObject> Tables(JsonObject owner, string member, string where) => owner[member] switch
    {
        null => [],
        JsonArray { Count: <= MostRules } tables => tables.Select(table => table as JsonObject ?? throw Malformed($"'{member}' must hold tables", where)),
        _ => throw Malformed($"'{member}' must be a list of at most {MostRules} tables", where),
    };

    private static string? Text(JsonObject owner, string member, string where) => owner[member] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text.TrimEnd('/'),
        _ => throw Malformed($"'{member}' must be text", where),
    };

    private static bool Flag(JsonObject owner, string member, string where) => owner[member] switch
    {
        null => false,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Malformed($"'{member}' must be true or false", where),
    };

    private static ImageException Malformed(string what, string where, Exception? inner = null) =>
        new(ImageFault.Malformed, what, where, "see containers-registries.conf(5), version 2", inner);

    private sealed record Mirror(string Location, bool PlainHttp, string PullFrom)
    {
        public static Mirror Read(JsonObject table, string where)
        {
            var pullFrom = Text(table, "pull-from-mirror", where) is { Length: > 0 } text ? text : "all";
            return pullFrom is "all" or "digest-only" or "tag-only"
                ? new(Text(table, "location", where) is { Length: > 0 } location ? location : throw Malformed("a mirror has no location", where),
                    Flag(table, "insecure", where), pullFrom)
                : throw Malformed($"'pull-from-mirror' is '{pullFrom}', must be all, digest-only or tag-only", where);
        }

        public bool Serves(ImageReference image) => PullFrom == "all" || PullFrom == "digest-only" == image.Digest is not null;
    }

    private sealed record Rule(string Prefix, string? Location, bool Blocked, bool PlainHttp, IReadOnlyList<Mirror> Mirrors)
    {
        public static Rule Read(JsonObject table, string where)
        {
            var location = Text(table, "location", where);
            var prefix = Text(table, "prefix", where) is { Length: > 0 } given ? given : location;
            if (string.IsNullOrEmpty(prefix))
                throw Malformed("a rule has neither a prefix nor a location", where);

            var digestOnly = Flag(table, "mirror-by-digest-only", where);
            var mirrors = Tables(table, "mirror", where).Select(mirror => Mirror.Read(mirror, where));
            return new(
                prefix, string.IsNullOrEmpty(location) ? null : location, Flag(table, "blocked", where), Flag(table, "insecure", where),
                [.. mirrors.Select(mirror => digestOnly ? mirror with { PullFrom = "digest-only" } : mirror)]);
        }

        public bool Fits(string name)
        {
            if (!Prefix.StartsWith(Wildcard, StringComparison.Ordinal))
                return name.StartsWith(Prefix, StringComparison.Ordinal) && (name.Length == Prefix.Length || name[Prefix.Length] == '/');

            // Subdomains, of the host only.
            var host = name[..name.IndexOf('/')];
            return host.EndsWith(Prefix[1..], StringComparison.Ordinal) && host.Length > Prefix.Length - 1;
        }

        public ImageReference Rename(ImageReference image, string location)
        {
            var rest = Prefix.StartsWith(Wildcard, StringComparison.Ordinal) ? "/" + image.Repository : image.Name[Prefix.Length..];
            var end = image.ToString()[image.Name.Length..];
            return ImageReference.TryParse(location + rest + end, out var renamed, out var problem) ? renamed : throw new ImageException(
                ImageFault.Malformed, $"the rule for '{Prefix}' makes '{location + rest + end}', which is no image name: {problem}", image.ToString(),
                "correct the location in the registries' configuration");
        }
    }
}
