using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Admin;

/// <summary>What each role may do. A role that is not here may do nothing; a kind of access that no role has is nobody's.</summary>
public static class RoleList
{
    public const string Admin = "admin";

    private static readonly (string Role, Access[] Grants)[] s_roles =
    [
        ("viewer", [Access.View]),
        ("policy-author", [Access.View, Access.WritePolicy]),
        ("secret-writer", [Access.View, Access.WriteSecret]),
        ("auditor", [Access.View, Access.ReadAudit]),
        (Admin, [Access.View, Access.WritePolicy, Access.WriteSecret, Access.ReadAudit, Access.Administer, Access.ManageTenants]),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_roles.Select(role => role.Role)];

    public static bool Grants(string role, Access access) =>
        Array.Exists(s_roles, known => known.Role == role && known.Grants.Contains(access));
}
