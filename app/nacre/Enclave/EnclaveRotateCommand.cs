using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Cli.Secret;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave rotate APPLICATION/NAME [--keep N]</c>.</summary>
internal static class EnclaveRotateCommand
{
    public static Command Create()
    {
        var name = EnclaveCommand.Name();
        var keep = new Option<int?>("--keep")
        {
            Description = "Forget versions but the newest N, the new one among them; without it all stay.",
        };
        var data = new Option<string?>("--data") { Description = "File with the new bytes of kind data, or - for standard input." };
        var command = new Command("rotate", "Have a new version made; former ones stay readable for what they encrypted.")
        {
            name, keep, data,
        };
        var expiry = IdentityOptions.AddTo(command, withIdentities: false);
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var body = new JsonObject();
            expiry.Read(line, body);
            if (line.GetValue(keep) is { } count)
                body["keep"] = count;
            if (line.GetValue(data) is { } file)
            {
                using var bytes = await SecretPutCommand.ReadAsync(file, cancel);
                body["data"] = Convert.ToBase64String(bytes.Reveal());
            }

            var path = EnclaveCommand.Path(line.GetRequiredValue(name));
            using var admin = server.ConnectAdmin(line);
            EnclaveShowCommand.Write(
                line, format, await admin.CallPluginAsync(HttpMethod.Post, $"enclave/secrets/{path}/rotate", body, cancel));
            return ExitCode.Done;
        });
        return command;
    }
}
