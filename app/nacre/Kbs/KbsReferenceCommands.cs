using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Client;

namespace Nacre.Cli.Kbs;

/// <summary><c>kbs-client config get-reference-value</c> and <c>set-sample-reference-value</c>.</summary>
internal static class KbsReferenceCommands
{
    public static Command CreateGet(Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect)
    {
        var id = new Option<string>("--id") { Description = "Name of the value.", Required = true };
        var command = new Command("get-reference-value", "Print a reference value as JSON.") { id };
        command.SetAction(async (line, cancel) =>
        {
            using var client = await connect(line, cancel);
            return await KbsPolicyCommands.SayAsync(await client.GetReferenceValueAsync(line.GetRequiredValue(id), cancel));
        });
        return command;
    }

    public static Command CreateSetSample(Func<ParseResult, CancellationToken, Task<KbsConfigClient>> connect)
    {
        var name = new Argument<string>("NAME");
        var value = new Argument<string>("VALUE") { Description = "Text, unless an option says otherwise." };
        var integer = new Option<bool>("--as-integer") { Description = "The value is a whole number of 32 bits." };
        var boolean = new Option<bool>("--as-bool") { Description = "The value is true or false." };
        var single = new Option<bool>("--as-single-value") { Description = "Not as an array of one." };
        var command = new Command("set-sample-reference-value", "Set a reference value.") { name, value, integer, boolean, single };
        command.SetAction(async (line, cancel) =>
        {
            var parsed = Parse(line.GetRequiredValue(value), line.GetValue(integer), line.GetValue(boolean));
            using var client = await connect(line, cancel);
            await client.SetSampleReferenceValueAsync(
                line.GetRequiredValue(name), line.GetValue(single) ? parsed : new JsonArray(parsed), cancel);
            return await KbsPolicyCommands.SayAsync("Reference value is set");
        });
        return command;
    }

    private static JsonValue Parse(string text, bool isInteger, bool isBoolean) => (isInteger, isBoolean) switch
    {
        (true, true) => throw new CommandException("a value is --as-integer or --as-bool, not both"),
        (true, _) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? JsonValue.Create(number) : throw new CommandException($"'{text}' is no whole number of 32 bits"),
        (_, true) => text switch
        {
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ => throw new CommandException($"'{text}' is neither true nor false"),
        },
        _ => JsonValue.Create(text),
    };
}
