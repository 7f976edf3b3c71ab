using Nacre.Attestation.Remote;

namespace Nacre.Cli.Serve.Config;

/// <summary>Places as upstream writes them: a path, a <c>file://</c> URL, and for key sets an <c>https://</c> URL.</summary>
internal static class ConfigPath
{
    /// <summary>A path; null, and a problem, when it is a place that is not on this machine.</summary>
    public static string? ToFile(ConfigTable table, string key, string text)
    {
        const string scheme = "file://";
        if (text.StartsWith(scheme, StringComparison.Ordinal))
            return text[scheme.Length..];
        if (!text.Contains("://", StringComparison.Ordinal))
            return text;

        table.Problem(key, $"'{text}' is not a file");
        return null;
    }

    /// <summary>A path or an https address; null, and a problem, when it is neither.</summary>
    public static string? ToKeySet(ConfigTable table, string key, string text)
    {
        if (KeySetSource.IsAddress(text))
        {
            table.Note(key, $"the keys that {text} publishes, asked for when a token needs them and then every hour");
            return text;
        }

        if (!text.StartsWith("http", StringComparison.Ordinal) || !text.Contains("://", StringComparison.Ordinal))
            return ToFile(table, key, text);

        table.Problem(key, $"'{text}' is no place of a key set: an address must be https, without query and user");
        return null;
    }
}
