using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference history NAME</c>.</summary>
internal static class ReferenceHistoryCommand
{
    public static Command Create()
    {
        var name = ReferenceCommand.Name();
        var command = new Command("history", "Show what happened to a reference value: who, when, why, and from which document.") { name };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var events = (await admin.GetReferenceHistoryAsync(line.GetRequiredValue(name), cancel))["events"] as JsonArray ?? [];
            if (format.IsJson(line))
                OutputFormat.WriteJson(events);
            else
                format.Write(line, new JsonArray([.. events.Select(Row)]), "at", "event", "author", "type", "document", "value", "note");
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonObject Row(JsonNode? one) => new()
    {
        ["at"] = one!["at"]?.DeepClone(),
        ["event"] = one["event"]?.DeepClone(),
        ["author"] = one["author"]?.DeepClone(),
        ["note"] = one["note"]?.DeepClone(),
        ["value"] = one["value"]?["value"]?.DeepClone(),
        ["type"] = one["value"]?["provenance"]?["type"]?.DeepClone(),
        ["document"] = one["value"]?["provenance"]?["document"]?.DeepClone(),
    };
}
