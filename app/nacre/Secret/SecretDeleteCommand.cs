using System.CommandLine;
using Nacre.Evidence.Protocol;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret delete URI</c>.</summary>
internal static class SecretDeleteCommand
{
    public static Command Create()
    {
        var uri = SecretCommand.Uri();
        var command = new Command("delete", "Delete a secret.") { uri };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var name = ResourceUri.Parse(line.GetRequiredValue(uri));
            using var admin = server.ConnectAdmin(line);
            await admin.DeleteResourceAsync(name, cancel);
            await Console.Error.WriteLineAsync($"deleted {name}");
            return ExitCode.Done;
        });
        return command;
    }
}
