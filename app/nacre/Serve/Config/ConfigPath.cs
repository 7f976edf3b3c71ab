namespace Nacre.Cli.Serve.Config;

/// <summary>Places as upstream writes them: a path, or a <c>file://</c> URL.</summary>
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

        table.Problem(key, $"nacre reads key sets from files; fetch it once with: curl -o keys.json {text}");
        return null;
    }
}
