using System.Diagnostics.CodeAnalysis;

namespace Nacre.Evidence.Protocol;

/// <summary>
/// <c>kbs://[host]/repository/type/tag</c>, the name of a secret. The host is accepted and ignored: the guest's configuration names
/// the server (guest.md 2.6). Only the plugin <c>resource</c> is held here, with its three segments.
/// </summary>
public sealed record ResourceUri
{
    private const string Scheme = "kbs://";

    private ResourceUri(string repository, string type, string tag) => (Repository, Type, Tag) = (repository, type, tag);

    public string Repository { get; }
    public string Type { get; }
    public string Tag { get; }

    /// <summary><c>repository/type/tag</c>: the path below <c>/kbs/v0/resource/</c>.</summary>
    public string Path => $"{Repository}/{Type}/{Tag}";

    /// <exception cref="FormatException">The text is not such a name; the message says which part.</exception>
    public static ResourceUri Parse(string text) =>
        TryParse(text, out var uri, out var problem) ? uri : throw new FormatException($"'{text}' is no resource URI: {problem}");

    public static bool TryParse(string text, [NotNullWhen(true)] out ResourceUri? uri, [NotNullWhen(false)] out string? problem)
    {
        uri = null;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            problem = "it must begin with kbs://";
            return false;
        }

        var slash = text.IndexOf('/', Scheme.Length);
        if (slash < 0)
        {
            problem = "it must be kbs:///repository/type/tag";
            return false;
        }

        return TryParsePath(text[(slash + 1)..], out uri, out problem);
    }

    /// <summary>Reads <c>repository/type/tag</c> without the scheme.</summary>
    public static bool TryParsePath(string path, [NotNullWhen(true)] out ResourceUri? uri, [NotNullWhen(false)] out string? problem)
    {
        uri = null;
        if (path.Split('/') is not [var repository, var type, var tag])
        {
            problem = "it must have three parts, repository/type/tag";
            return false;
        }

        foreach (var part in (ReadOnlySpan<string>)[repository, type, tag])
        {
            if (!IsName(part))
            {
                problem = $"the part '{part}' must be 1 to 255 of a-z A-Z 0-9 - _ . and not begin with a dot";
                return false;
            }
        }

        problem = null;
        uri = new ResourceUri(repository, type, tag);
        return true;
    }

    public override string ToString() => $"kbs:///{Path}";

    // trust.md 2.1: [a-zA-Z0-9_\-]+[a-zA-Z0-9_\-\.]*. The first rule also keeps "." and ".." away from stores that use files.
    private static bool IsName(string part) =>
        part.Length is > 0 and <= 255 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
