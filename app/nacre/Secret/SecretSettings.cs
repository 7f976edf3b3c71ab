using System.CommandLine;
using System.Globalization;
using Nacre.Client;

namespace Nacre.Cli.Secret;

/// <summary>The options of a secret that is set: what it is, how often it is released, and what must be true of the one there is.</summary>
internal sealed class SecretSettings
{
    private readonly Option<string[]> _labels = new("--label") { Description = "NAME=VALUE; may be repeated." };
    private readonly Option<string?> _type = new("--content-type") { Description = "Media type (application/octet-stream)." };
    private readonly Option<bool> _once = new("--once") { Description = "Release it to one guest, once." };
    private readonly Option<int?> _most = new("--max") { Description = "Release it this many times." };
    private readonly Option<string?> _until = new("--until") { Description = "Release it until this time, such as 2026-12-31T00:00:00Z." };
    private readonly Option<int?> _version = new("--if-version") { Description = "Only if it has this version; 0: only if there is none." };

    public static SecretSettings AddTo(Command command)
    {
        var settings = new SecretSettings();
        foreach (var option in (Option[])[settings._labels, settings._type, settings._once, settings._most, settings._until, settings._version])
            command.Options.Add(option);
        return settings;
    }

    public ResourceSettings Read(ParseResult line)
    {
        if (line.GetValue(_once) && line.GetValue(_most) is not null)
            throw new CommandException("--once and --max exclude each other", "leave one of them");
        if (line.GetValue(_most) is < 1)
            throw new CommandException("--max must be 1 or more releases");
        if (line.GetValue(_version) is < 0)
            throw new CommandException("--if-version must be 0 or a version");

        return new ResourceSettings
        {
            ContentType = line.GetValue(_type) ?? new ResourceSettings().ContentType,
            Labels = (line.GetValue(_labels) ?? []).Select(Label).ToDictionary(),
            MostReleases = line.GetValue(_once) ? 1 : line.GetValue(_most),
            Until = line.GetValue(_until) is { } text ? Time(text) : null,
            IfVersion = line.GetValue(_version),
        };
    }

    private static KeyValuePair<string, string> Label(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !text.Contains(',', StringComparison.Ordinal)
            ? new(text[..equals], text[(equals + 1)..])
            : throw new CommandException($"'{text}' is no label", "it looks like --label team=payments, without commas");
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time : throw new CommandException($"'{text}' is no time", "it looks like 2026-12-31T00:00:00Z");
}
