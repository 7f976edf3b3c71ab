using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Token;

/// <summary><c>nacre token keys | rotate | drop KID</c>: the keys that sign a server's attestation tokens.</summary>
internal static class TokenKeysCommand
{
    public static Command CreateList()
    {
        var command = new Command("keys", "List the keys that sign attestation tokens.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            Write(line, format, await admin.ListTokenKeysAsync(cancel));
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateRotate()
    {
        var command = new Command("rotate", "Let the next key sign. Tokens of the former one stay good until they expire.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            Write(line, format, await admin.RotateTokenKeysAsync(cancel));
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateDrop()
    {
        var id = new Argument<string>("kid") { Description = "As nacre token keys lists it." };
        var command = new Command("drop", "Believe nothing any more that a key signed; for one that leaked.") { id };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            await admin.DropTokenKeyAsync(line.GetRequiredValue(id), cancel);
            await Console.Error.WriteLineAsync($"{line.GetRequiredValue(id)} is dropped");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(ParseResult line, OutputFormat format, JsonObject reply) =>
        format.Write(line, reply["keys"] as JsonArray ?? [], "kid", "alg", "use", "since", "until");
}
