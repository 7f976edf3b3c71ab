using System.CommandLine;

namespace Nacre.Cli.Tenant;

/// <summary><c>nacre tenant</c>: who shares a server without seeing each other.</summary>
internal static class TenantCommand
{
    public static Command Create() => new("tenant", "Make, list and delete the tenants of a server; for its operator.")
    {
        TenantCreateCommand.Create(),
        ListVerb.Create("List the tenants.", (admin, cancel) => admin.ListTenantsAsync(cancel), "tenants", "name", "id", "created", "ending"),
        TenantDeleteCommand.Create(),
    };
}
