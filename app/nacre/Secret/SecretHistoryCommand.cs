using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret history URI</c>: the versions that are kept, never contents.</summary>
internal static class SecretHistoryCommand
{
    public static Command Create()
    {
        var uri = SecretCommand.Uri();
        var command = new Command(
            "history", "List the versions of a secret, the newest last. Example: nacre secret history kbs:///default/key/1") { uri };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.GetResourceHistoryAsync(ResourceUri.Parse(line.GetRequiredValue(uri)), cancel);
            format.Write(
                line, reply["versions"] as JsonArray ?? [], "version", "at", "author", "bytes", "labels", "limit", "released", "until");
            return ExitCode.Done;
        });
        return command;
    }
}
