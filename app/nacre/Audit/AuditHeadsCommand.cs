using System.CommandLine;

namespace Nacre.Cli.Audit;

/// <summary><c>nacre audit heads</c>: where each chain stands, to be kept elsewhere.</summary>
internal static class AuditHeadsCommand
{
    public static Command Create()
    {
        var command = new Command("heads", "Print what the store knows of each chain's end. Example: nacre audit heads > heads.json");
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            OutputFormat.WriteJson(await admin.GetAuditHeadsAsync(cancel));
            return ExitCode.Done;
        });
        return command;
    }
}
