using System.Globalization;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Resources;

/// <summary>
/// What may be said of a secret when it is set: <c>Content-Type</c>, <c>Nacre-Labels: NAME=VALUE, …</c>, <c>Nacre-Release-Limit: once</c> or a
/// number, <c>Nacre-Release-Until: TIME</c> (RFC 3339). Upstream's clients send none, and get a secret without limits.
/// </summary>
internal static class ResourceHeaders
{
    private const int MaxLabels = 16;
    private const int MaxName = 63;
    private const int MaxText = 256;

    /// <exception cref="KbsProblemException">400: one of them is not understood.</exception>
    public static ResourceDetail Read(KbsCall call, DateTimeOffset now) => new(0)
    {
        ContentType = ReadContentType(call.Header("Content-Type")),
        Labels = ReadLabels(call.Header("Nacre-Labels")),
        Limit = new(ReadLimit(call.Header("Nacre-Release-Limit")), ReadUntil(call.Header("Nacre-Release-Until"), now)),
        At = now,
        Author = call.Admin?.Name,
    };

    /// <summary>For a secret that is kept elsewhere, where none of them and no condition could be held.</summary>
    /// <exception cref="KbsProblemException">400: one was sent.</exception>
    public static void RequireNone(KbsCall call, ResourceUri uri)
    {
        string[] names = ["Nacre-Labels", "Nacre-Release-Limit", "Nacre-Release-Until", "If-Match", "If-None-Match"];
        if (Array.Find(names, name => call.Header(name) is not null) is { } name)
            throw KbsProblemException.Malformed($"{name} cannot be held for {uri}, which is kept in a secret manager");
    }

    private static string ReadContentType(string? text) => text is null or "" ? ResourceDetail.DefaultContentType
        : IsText(text) ? text : throw KbsProblemException.Malformed($"Content-Type must be at most {MaxText} printable characters");

    private static Dictionary<string, string> ReadLabels(string? text)
    {
        var labels = new Dictionary<string, string>();
        foreach (var pair in (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals > 0 ? (pair[..equals], pair[(equals + 1)..]) : ("", "");
            if (name.Length is 0 or > MaxName || !name.All(IsNameCharacter) || !IsText(value))
                throw KbsProblemException.Malformed(
                    $"a label in Nacre-Labels must be NAME=VALUE: at most {MaxName} of a-z A-Z 0-9 - _ . / "
                    + $"and at most {MaxText} printable characters");
            if (!labels.TryAdd(name, value) || labels.Count > MaxLabels)
                throw KbsProblemException.Malformed($"Nacre-Labels must have at most {MaxLabels} labels, each name once");
        }

        return labels;
    }

    private static int? ReadLimit(string? text) => text switch
    {
        null => null,
        "once" => 1,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most > 0 => most,
        _ => throw KbsProblemException.Malformed("Nacre-Release-Limit must be once, or a number of releases from 1 on"),
    };

    private static DateTimeOffset? ReadUntil(string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (!DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var until)
            || !(text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal)))
            throw KbsProblemException.Malformed("Nacre-Release-Until must be a time with its zone, such as 2026-12-31T00:00:00Z");
        return until > now ? until.ToUniversalTime() : throw KbsProblemException.Malformed("Nacre-Release-Until is over already");
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/';

    private static bool IsText(string text) => text.Length <= MaxText && text.All(c => c is >= ' ' and < '\x7f');
}
