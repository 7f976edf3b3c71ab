using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Tenant;

/// <summary><c>nacre tenant list</c>.</summary>
internal static class TenantListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the tenants.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.ListTenantsAsync(cancel);
            format.Write(line, reply["tenants"] as JsonArray ?? [], "name", "id", "created", "ending");
            return ExitCode.Done;
        });
        return command;
    }
}
