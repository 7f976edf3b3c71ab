using System.Text.RegularExpressions;

namespace Nacre.Images.Registry;

/// <summary>The parameters of <c>WWW-Authenticate: Bearer realm="…",service="…"</c>.</summary>
internal sealed partial record BearerChallenge(Uri Realm, string Service)
{
    public static BearerChallenge Parse(string parameters, string where)
    {
        var values = Parameter().Matches(parameters).ToLookup(match => match.Groups["name"].Value, match => match.Groups["value"].Value,
            StringComparer.OrdinalIgnoreCase);
        return Uri.TryCreate(values["realm"].FirstOrDefault(), UriKind.Absolute, out var realm)
            && (realm.Scheme == Uri.UriSchemeHttps || realm.Scheme == Uri.UriSchemeHttp)
            ? new(realm, values["service"].FirstOrDefault() ?? "")
            : throw new ImageException(ImageFault.Malformed, "the registry's challenge names no realm", where, "ask its operator");
    }

    [GeneratedRegex("(?<name>[a-zA-Z_]+)=\"(?<value>[^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex Parameter();
}
