using System.CommandLine;
using Nacre.KeyBroker.Admin;

namespace Nacre.Cli.Serve;

/// <summary>Where tokens of others say what an administrator is, and what that means here.</summary>
internal sealed class AdminRoleFlags
{
    private readonly Option<string?> _claim = new("--admin-role-claim")
    {
        Description = "Claim with the role or the groups: a name, or a JSON pointer such as /realm_access/roles (role).",
    };

    private readonly Option<string[]> _map = new("--admin-role-map")
    {
        Description = "VALUE=ROLE: what a value of that claim means here; may be repeated, the first that fits counts.",
    };

    public static AdminRoleFlags AddTo(Command command)
    {
        var flags = new AdminRoleFlags();
        command.Options.Add(flags._claim);
        command.Options.Add(flags._map);
        return flags;
    }

    public bool IsGiven(ParseResult line) => line.GetValue(_claim) is not null || line.GetValue(_map) is { Length: > 0 };

    public AdminRoleClaim Read(ParseResult line)
    {
        var text = line.GetValue(_claim) ?? "role";
        var path = AdminRoleClaim.ParsePath(text)
            ?? throw new CommandException($"'{text}' names no claim", "it is a name, or a JSON pointer such as /realm_access/roles");
        return new AdminRoleClaim(path, [.. (line.GetValue(_map) ?? []).Select(ReadEntry)]);
    }

    private static (string Value, string Role) ReadEntry(string entry)
    {
        var equals = entry.LastIndexOf('=');
        return equals > 0 && RoleList.Names.Contains(entry[(equals + 1)..])
            ? (entry[..equals], entry[(equals + 1)..])
            : throw new CommandException(
                $"'{entry}' is no --admin-role-map", $"it is VALUE=ROLE, with one of {string.Join(", ", RoleList.Names)}");
    }
}
