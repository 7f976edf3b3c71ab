using System.Globalization;
using System.Text.Json.Nodes;

namespace Nacre.KeyBroker.Resources;

/// <summary>How often and until when a secret is released, whatever policy allows. It belongs to one version of the secret.</summary>
/// <param name="Most">Releases; null for any number.</param>
/// <param name="Until">From then on there are none; null for no end.</param>
public sealed record ReleaseLimit(int? Most, DateTimeOffset? Until)
{
    public static ReleaseLimit None { get; } = new(null, null);

    /// <summary>Why there is no release; null when there may be one.</summary>
    public string? Refuses(int released, DateTimeOffset now) =>
        now >= Until ? $"it was to be released until {Until.Value.ToString("O", CultureInfo.InvariantCulture)}"
        : released >= Most ? (Most == 1 ? "it was to be released once, and was" : $"it was to be released {Most} times, and was") : null;

    internal void WriteTo(JsonObject json)
    {
        if (Most is { } most)
            json["limit"] = most;
        if (Until is { } until)
            json["until"] = until.ToString("O", CultureInfo.InvariantCulture);
    }

    internal static ReleaseLimit Read(JsonObject json) => new(
        (int?)json["limit"], (string?)json["until"] is { } until ? DateTimeOffset.Parse(until, CultureInfo.InvariantCulture) : null);
}
