using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave identities APPLICATION/NAME --identity TEE:…</c>: another release of the program gets the secret.</summary>
internal static class EnclaveIdentitiesCommand
{
    public static Command Create()
    {
        var name = EnclaveCommand.Name();
        var command = new Command("identities", "Replace the programs that get a secret.") { name };
        var identities = IdentityOptions.AddTo(command);
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var body = new JsonObject();
            identities.Read(line, body);
            var path = EnclaveCommand.Path(line.GetRequiredValue(name));
            using var admin = server.ConnectAdmin(line);
            EnclaveShowCommand.Write(
                line, format, await admin.CallPluginAsync(HttpMethod.Post, $"enclave/secrets/{path}/identities", body, cancel));
            return ExitCode.Done;
        });
        return command;
    }
}
