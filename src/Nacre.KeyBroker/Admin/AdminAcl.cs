using System.Text.RegularExpressions;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// A rule of upstream's for the administrators of a provider: a role may call the paths that a regular expression matches as a whole, with any
/// method (trust.md 2.10). The query is not looked at; it never says what is touched.
/// </summary>
public sealed class AdminAcl
{
    private const string Begin = "^/kbs";
    private const char End = '$';

    private readonly Regex _paths;

    private AdminAcl(string role, Regex paths) => (Role, _paths) = (role, paths);

    public string Role { get; }

    /// <exception cref="FormatException">The text is no such expression.</exception>
    public static AdminAcl Parse(string role, string paths)
    {
        if (!paths.StartsWith(Begin, StringComparison.Ordinal) || !paths.EndsWith(End))
            throw new FormatException($"'{paths}' must begin with {Begin} and end with {End}");

        try
        {
            // An alternative has its own ends; without the group "^/kbs/a|b$" would match whatever begins with /kbs/a.
            return new AdminAcl(role, new Regex($@"\A(?:{paths})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"'{paths}' is no regular expression that is taken: {e.Message}", e);
        }
    }

    internal bool Allows(string role, string path) => role == Role && _paths.IsMatch(path);
}
