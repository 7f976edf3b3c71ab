using System.CommandLine;
using Nacre.Client;

namespace Nacre.Cli.Attest;

/// <summary><c>nacre attest</c>: attests this machine and prints the token.</summary>
internal static class AttestCommand
{
    public static Command Create()
    {
        var command = new Command("attest", "Attest this machine and print the token. Example: nacre attest --tpm /dev/tpmrm0 | nacre token inspect -");
        var server = ServerOptions.AddTo(command);
        var machine = MachineOptions.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var options = machine.Client(line);
            await using var source = await machine.OpenAsync(line, cancel);
            using var client = new KbsClient(server.Connect(line), source.Source, TimeProvider.System, options);
            var session = await client.AttestAsync(cancel);
            await Console.Out.WriteLineAsync(session.Token);
            return ExitCode.Done;
        });
        return command;
    }
}
