using System.Globalization;

namespace Nacre.Client;

/// <summary>What is said of a secret when it is set.</summary>
public sealed record ResourceSettings
{
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Names of a-z A-Z 0-9 - _ . / with printable values.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>How often it is released to guests; null for any number.</summary>
    public int? MostReleases { get; init; }

    /// <summary>Until when; null for no end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Set it only if it has this version; 0 only if there is none; null in any case.</summary>
    public int? IfVersion { get; init; }

    internal IReadOnlyList<(string Name, string Value)> Headers()
    {
        var headers = new List<(string, string)>();
        if (Labels.Count > 0)
            headers.Add(("Nacre-Labels", string.Join(", ", Labels.Select(label => $"{label.Key}={label.Value}"))));
        if (MostReleases is { } most)
            headers.Add(("Nacre-Release-Limit", most.ToString(CultureInfo.InvariantCulture)));
        if (Until is { } until)
            headers.Add(("Nacre-Release-Until", until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        if (IfVersion is 0)
            headers.Add(("If-None-Match", "*"));
        else if (IfVersion is { } version)
            headers.Add(("If-Match", $"\"{version.ToString(CultureInfo.InvariantCulture)}\""));
        return headers;
    }
}
