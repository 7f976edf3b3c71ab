using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave show APPLICATION/NAME [--public]</c>.</summary>
internal static class EnclaveShowCommand
{
    public static Command Create()
    {
        var name = EnclaveCommand.Name();
        var isPublic = new Option<bool>("--public") { Description = "Only the newest public key or certificates, in PEM." };
        var command = new Command("show", "Show who gets a secret, its versions and its public part.") { name, isPublic };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var path = EnclaveCommand.Path(line.GetRequiredValue(name));
            using var admin = server.ConnectAdmin(line);
            var secret = await admin.CallPluginAsync(HttpMethod.Get, $"enclave/secrets/{path}", null, cancel);
            if (!line.GetValue(isPublic))
            {
                Write(line, format, secret);
                return ExitCode.Done;
            }

            var pem = (string?)(secret["versions"] as JsonArray)?.LastOrDefault()?["public"]
                ?? throw new CommandException($"{path} has no public part", "only rsa, ec, x509 and ca have one");
            await Console.Out.WriteAsync(pem);
            return ExitCode.Done;
        });
        return command;
    }

    internal static void Write(ParseResult line, OutputFormat format, JsonObject secret)
    {
        if (format.IsJson(line))
        {
            OutputFormat.WriteJson(secret);
            return;
        }

        Console.Out.WriteLine($"{secret["name"]}   {secret["specification"]?.ToJsonString()}");
        foreach (var version in secret["versions"] as JsonArray ?? [])
            Console.Out.WriteLine($"version {version?["version"]}   {version?["created"]}");
    }
}
