using System.CommandLine;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave delete APPLICATION/NAME</c>.</summary>
internal static class EnclaveDeleteCommand
{
    public static Command Create()
    {
        var name = EnclaveCommand.Name();
        var command = new Command("delete", "Delete a secret with all its versions.") { name };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var path = EnclaveCommand.Path(line.GetRequiredValue(name));
            using var admin = server.ConnectAdmin(line);
            await admin.CallPluginAsync(HttpMethod.Delete, $"enclave/secrets/{path}", null, cancel);
            await Console.Error.WriteLineAsync($"deleted {path}");
            return ExitCode.Done;
        });
        return command;
    }
}
