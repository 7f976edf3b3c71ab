using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Images.Store;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image gc --store DIR</c></summary>
internal static class ImageGcCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var directory = new Option<DirectoryInfo>("--store") { Description = "The store, as pull has it.", Required = true };
        var keepFor = new Option<TimeSpan>("--keep-for")
        {
            Description = "What was used later than this stays: 90s, 30m, 12h, 7d.",
            HelpName = "DURATION",
            CustomParser = result =>
            {
                if (Duration(result.Tokens[0].Value) is { } duration)
                    return duration;
                result.AddError($"'{result.Tokens[0].Value}' is no duration; write 90s, 30m, 12h or 7d");
                return default;
            },
        };
        var command = new Command("gc", "Remove layers that no bundle uses, and what broken pulls left.") { directory, keepFor };
        var format = ResultFormat.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var place = line.GetRequiredValue(directory);
            if (!place.Exists)
                throw new FormatException($"there is no store at {place.FullName}");

            using var store = await LayerStore.OpenAsync(place.FullName, alone: true, s_patience, TimeProvider.System, cancel);
            var items = StoreGarbage.Collect(store, line.GetValue(keepFor), TimeProvider.System);
            if (format.IsJson(line))
                await ImageVerb.WriteJsonAsync(Json(items));
            else
                await WriteAsync(items);
            return ExitCode.Done;
        }));
        return command;
    }

    /// <summary>A whole number and a unit; null when it is neither.</summary>
    internal static TimeSpan? Duration(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;

        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
    }

    private static async Task WriteAsync(IReadOnlyList<StoreItem> items)
    {
        foreach (var item in items)
        {
            var verdict = item.Removed ? "removed" : "kept";
            await Console.Out.WriteLineAsync($"{verdict,-8} {item.Kind,-8} {item.Name,-64} {item.Bytes,14:N0}  {item.Reason}");
        }

        await Console.Out.WriteLineAsync($"{items.Where(item => item.Removed).Sum(item => item.Bytes):N0} bytes freed");
    }

    private static JsonObject Json(IReadOnlyList<StoreItem> items) => new()
    {
        ["freedBytes"] = items.Where(item => item.Removed).Sum(item => item.Bytes),
        ["items"] = new JsonArray([.. items.Select(item => (JsonNode)new JsonObject
        {
            ["kind"] = item.Kind, ["name"] = item.Name, ["bytes"] = item.Bytes, ["removed"] = item.Removed, ["reason"] = item.Reason,
        })]),
    };
}
