using System.CommandLine;

namespace Nacre.Cli.Kbs;

/// <summary><c>nacre kbs-client</c>: upstream's program of that name, option for option (trust.md 5.1), against any key broker.</summary>
internal static class KbsClientCommand
{
    public static Command Create()
    {
        var command = new Command(
            "kbs-client", "Upstream's kbs-client. Example: nacre kbs-client --url https://127.0.0.1:8080 --cert-file ca.pem attest");
        var server = KbsServer.AddTo(command);
        command.Subcommands.Add(KbsAttestCommand.Create(server));
        command.Subcommands.Add(KbsGetResourceCommand.Create(server));
        command.Subcommands.Add(KbsConfigCommand.Create(server));
        return command;
    }
}
