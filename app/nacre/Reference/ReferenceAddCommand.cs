using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference add NAME VALUE…</c>.</summary>
internal static class ReferenceAddCommand
{
    public static Command Create()
    {
        var name = ReferenceCommand.Name();
        var values = new Argument<string[]>("values") { Description = "The allowed values, as text.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "The one value is JSON and is stored as it is: a number, true, a list." };
        var command = new Command("add", "Add a reference value, replacing one of that name. Example: nacre reference add tpm_pcr08 1f0c…")
        {
            name, values, json,
        };
        var (staged, days) = (ReferenceCommand.Staged(), ReferenceCommand.Days());
        command.Options.Add(staged);
        command.Options.Add(days);
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var value = line.GetValue(json) ? Parse(line.GetRequiredValue(values)) : new JsonArray([.. line.GetRequiredValue(values).Select(text => (JsonNode)text)]);
            using var admin = server.ConnectAdmin(line);
            await admin.RegisterReferenceValuesAsync(
                "sample", JsonText.Utf8(new JsonObject { [line.GetRequiredValue(name)] = value }), line.GetValue(staged),
                ReferenceCommand.Expiration(line.GetValue(days), TimeProvider.System), cancel);
            await Console.Error.WriteLineAsync($"{line.GetRequiredValue(name)} is {(line.GetValue(staged) ? "staged" : "set")}");
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonNode? Parse(string[] values)
    {
        if (values is not [var text])
            throw new CommandException("--json takes exactly one value", "quote it for the shell: '[1, 2]'");

        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException e)
        {
            throw new CommandException($"the value is not JSON: {e.Message}");
        }
    }
}
