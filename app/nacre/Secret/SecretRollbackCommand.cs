using System.CommandLine;
using Nacre.Evidence.Protocol;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret rollback URI --to N</c>.</summary>
internal static class SecretRollbackCommand
{
    public static Command Create()
    {
        var uri = SecretCommand.Uri();
        var to = new Option<int>("--to") { Description = "A version that nacre secret history lists; it becomes the newest.", Required = true };
        var command = new Command("rollback", "Set a former version again. Example: nacre secret rollback kbs:///default/key/1 --to 3") { uri, to };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var name = ResourceUri.Parse(line.GetRequiredValue(uri));
            using var admin = server.ConnectAdmin(line);
            var version = await admin.RollBackResourceAsync(name, line.GetRequiredValue(to), cancel);
            await Console.Error.WriteLineAsync($"{name} has version {version?.Trim('"')}, the same as {line.GetRequiredValue(to)}");
            return ExitCode.Done;
        });
        return command;
    }
}
