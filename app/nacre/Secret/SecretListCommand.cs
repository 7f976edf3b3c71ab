using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret list</c>: names and sizes, never contents.</summary>
internal static class SecretListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the secrets by name.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.ListResourcesAsync(cancel);
            format.Write(line, reply["resources"] as JsonArray ?? [], "path", "bytes", "version", "labels");
            return ExitCode.Done;
        });
        return command;
    }
}
