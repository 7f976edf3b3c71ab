using System.CommandLine;

namespace Nacre.Cli.Kbs;

/// <summary><c>kbs-client attest</c>: prints the token.</summary>
internal static class KbsAttestCommand
{
    public static Command Create(KbsServer server)
    {
        var command = new Command("attest", "Attest this machine and print the token.");
        var guest = KbsGuest.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            await using var machine = await guest.OpenAsync(line, cancel);
            using var client = guest.Connect(line, server, machine);
            var session = await client.AttestAsync(cancel);
            await Console.Out.WriteLineAsync(session.Token);
            return ExitCode.Done;
        });
        return command;
    }
}
