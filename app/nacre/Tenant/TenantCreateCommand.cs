using System.CommandLine;

namespace Nacre.Cli.Tenant;

/// <summary><c>nacre tenant create NAME</c>.</summary>
internal static class TenantCreateCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "a-z 0-9 -, as in the tenant's URL: https://HOST:PORT/tenants/NAME." };
        var command = new Command(
            "create", "Make a tenant. Example: nacre tenant create acme, then nacre admin token --tenant acme --role admin")
        {
            name,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var tenant = await admin.CreateTenantAsync(line.GetRequiredValue(name), cancel);
            await Console.Error.WriteLineAsync($"the tenant {tenant["name"]} is at /tenants/{tenant["name"]} of this server");
            return ExitCode.Done;
        });
        return command;
    }
}
