using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference revoke NAME…</c>.</summary>
internal static class ReferenceRevokeCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("name") { Description = "Of values that count or wait.", Arity = ArgumentArity.OneOrMore };
        var value = new Option<string?>("--value") { Description = "Revoke only this one of the allowed values, as text." };
        var note = ReferenceCommand.Note();
        var command = new Command(
            "revoke", "Take reference values back, all or none. They stay on record, and what was revoked is not registered again.")
        {
            names, value, note,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            JsonNode? item = line.GetValue(value) is { } text ? JsonValue.Create(text) : null;
            using var admin = server.ConnectAdmin(line);
            await admin.RevokeReferenceValuesAsync(line.GetRequiredValue(names), item, line.GetValue(note), cancel);
            await Console.Error.WriteLineAsync($"{string.Join(", ", line.GetRequiredValue(names))}: revoked");
            return ExitCode.Done;
        });
        return command;
    }
}
