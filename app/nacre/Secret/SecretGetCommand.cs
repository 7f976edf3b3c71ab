using System.CommandLine;
using Nacre.Client;
using Nacre.Evidence.Protocol;

namespace Nacre.Cli.Secret;

/// <summary><c>nacre secret get URI</c>: attests this machine and writes the secret to stdout.</summary>
internal static class SecretGetCommand
{
    public static Command Create()
    {
        var uri = SecretCommand.Uri();
        var command = new Command("get", "Attest this machine and print a secret. Example: nacre secret get kbs:///default/key/1 --tpm /dev/tpmrm0") { uri };
        var server = ServerOptions.AddTo(command);
        var machine = MachineOptions.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var name = ResourceUri.Parse(line.GetRequiredValue(uri));
            var options = machine.Client(line);
            await using var source = await machine.OpenAsync(line, cancel);
            using var client = new KbsClient(server.Connect(line), source.Source, TimeProvider.System, options);
            using var secret = await client.GetResourceAsync(name, cancel);
            await using var output = Console.OpenStandardOutput();
            output.Write(secret.Reveal());
            return ExitCode.Done;
        });
        return command;
    }
}
