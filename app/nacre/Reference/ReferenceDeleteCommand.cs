using System.CommandLine;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference delete NAME</c>.</summary>
internal static class ReferenceDeleteCommand
{
    public static Command Create()
    {
        var name = ReferenceCommand.Name();
        var command = new Command(
            "delete", "Delete a reference value. Its history is kept; revoked values of the name may be registered again.") { name };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            await admin.DeleteReferenceValueAsync(line.GetRequiredValue(name), cancel);
            await Console.Error.WriteLineAsync($"{line.GetRequiredValue(name)} is deleted");
            return ExitCode.Done;
        });
        return command;
    }
}
