using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave list</c>: those that the token covers, never their contents.</summary>
internal static class EnclaveListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List enclave secrets.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.CallPluginAsync(HttpMethod.Get, "enclave/secrets", null, cancel);
            format.Write(line, reply["secrets"] as JsonArray ?? [], "name", "kind", "version", "expires");
            return ExitCode.Done;
        });
        return command;
    }
}
