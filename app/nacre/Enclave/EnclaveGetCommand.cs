using System.CommandLine;
using System.Globalization;
using Nacre.Client;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave get APPLICATION/NAME</c>: attests this machine and writes the secret to stdout.</summary>
internal static class EnclaveGetCommand
{
    public static Command Create()
    {
        var name = EnclaveCommand.Name();
        var version = new Option<int?>("--secret-version") { Description = "A former version; the newest without it." };
        var command = new Command(
            "get", "Attest this machine and print a secret. Example: nacre enclave get payments/db-key --tpm /dev/tpmrm0")
        {
            name, version,
        };
        var server = ServerOptions.AddTo(command);
        var machine = MachineOptions.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var path = EnclaveCommand.Path(line.GetRequiredValue(name));
            if (line.GetValue(version) is { } number)
                path += string.Create(CultureInfo.InvariantCulture, $"?version={number}");
            var options = machine.Client(line);
            await using var source = await machine.OpenAsync(line, cancel);
            using var client = new KbsClient(server.Connect(line), source.Source, TimeProvider.System, options);
            using var secret = await client.GetAsync("enclave", path, cancel);
            await using var output = Console.OpenStandardOutput();
            output.Write(secret.Reveal());
            return ExitCode.Done;
        });
        return command;
    }
}
