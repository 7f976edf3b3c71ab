using System.Globalization;
using System.Text;
using Nacre.KeyBroker.Tenants;

namespace Nacre.KeyBroker.Http;

/// <summary>
/// The path of a request as it was sent, checked once before anything looks at it. Empty segments, dots and encoded separators get a 400;
/// the one exception is the doubled slash that upstream's client sends after <c>resource/</c> (guest.md 2.5).
/// </summary>
public static class RequestPath
{
    private const int MaxLength = 4096;

    /// <summary>The decoded segments and the query, without its question mark.</summary>
    /// <exception cref="KbsProblemException">The path breaks a rule.</exception>
    public static (IReadOnlyList<string> Segments, string Query) Parse(string rawTarget)
    {
        var question = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? rawTarget : rawTarget[..question];
        if (path.Length > MaxLength || rawTarget.Length > 4 * MaxLength)
            throw KbsProblemException.InvalidPath(path[..64] + "…", $"it is longer than {MaxLength} characters");
        if (!path.StartsWith('/'))
            throw KbsProblemException.InvalidPath(Printable(path), "it must begin with a slash");

        var parts = path[1..].Split('/');
        var start = TenantName.Split(parts).Tenant is null ? 0 : 2;
        if (parts[start..] is ["kbs", "v0", "resource", "", _, ..])
            parts = [.. parts[..(start + 3)], .. parts[(start + 4)..]];

        var segments = new string[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            segments[i] = Decode(parts[i]) ?? throw KbsProblemException.InvalidPath(Printable(path), "it has an escape that is not allowed");
            if (segments[i] is "" or "." or ".." && parts.Length > 1)
                throw KbsProblemException.InvalidPath(Printable(path), "it has an empty part, '.' or '..'");
        }

        return (segments, question < 0 ? "" : rawTarget[(question + 1)..]);
    }

    /// <summary>Form-encoded pairs; the last value of a name counts.</summary>
    public static IReadOnlyDictionary<string, string> ParseQuery(string query)
    {
        if (query.Length == 0)
            return new Dictionary<string, string>();

        var pairs = new Dictionary<string, string>();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "" : pair[(equals + 1)..];
            pairs[Uri.UnescapeDataString(name.Replace('+', ' '))] = Uri.UnescapeDataString(value.Replace('+', ' '));
        }

        return pairs.Count <= 64 ? pairs : throw KbsProblemException.Malformed("the query has more than 64 names");
    }

    private static string? Decode(string part)
    {
        if (!part.Contains('%', StringComparison.Ordinal))
            return part.All(IsAllowed) ? part : null;

        var bytes = new List<byte>(part.Length);
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] != '%')
            {
                if (!IsAllowed(part[i]))
                    return null;
                bytes.Add((byte)part[i]);
            }
            else if (i + 2 < part.Length
                && byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
                && value is > 0x20 and not ((byte)'/' or (byte)'\\' or (byte)'.' or (byte)'%' or 0x7f))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            return s_strictUtf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    private static bool IsAllowed(char c) => c is > ' ' and < '\x7f' and not '\\';

    private static string Printable(string path) =>
        new([.. path.Take(256).Select(c => c is >= ' ' and < '\x7f' ? c : '?')]);
}
