using System.CommandLine;

namespace Nacre.Cli.Tenant;

/// <summary><c>nacre tenant delete NAME --force</c>.</summary>
internal static class TenantDeleteCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "As nacre tenant list has it." };
        var force = new Option<bool>("--force") { Description = "With all its secrets, policies, reference values and keys, for ever." };
        var command = new Command("delete", "Delete a tenant and all that it has. Example: nacre tenant delete acme --force")
        {
            name, force,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            if (!line.GetValue(force))
            {
                throw new CommandException(
                    $"with the tenant {line.GetRequiredValue(name)} go all its secrets, policies and keys", "add --force to do it");
            }

            using var admin = server.ConnectAdmin(line);
            await admin.DeleteTenantAsync(line.GetRequiredValue(name), force: true, cancel);
            await Console.Error.WriteLineAsync($"the tenant {line.GetRequiredValue(name)} is deleted");
            return ExitCode.Done;
        });
        return command;
    }
}
