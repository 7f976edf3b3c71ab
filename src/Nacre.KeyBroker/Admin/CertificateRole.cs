using Nacre.KeyBroker.Tenants;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// Which certificates have which role: <c>cn:NAME=ROLE</c>, <c>dns:NAME=ROLE</c> or <c>uri:NAME=ROLE</c>, exactly; with a final <c>*</c>
/// in a DNS or URI name, all that begin so. <c>=ROLE@TENANT</c> is for one tenant.
/// </summary>
public sealed record CertificateRole
{
    public const string Rule = "is cn:NAME=ROLE, dns:NAME=ROLE or uri:NAME=ROLE; a dns or uri name may end with * for all that begin so, "
        + "a uri with /*; ROLE@TENANT is for one tenant";

    private CertificateRole(string kind, string name, string role, string? tenant) =>
        (Kind, Name, Role, Tenant) = (kind, name, role, tenant);

    public string Role { get; }

    /// <summary>Null for the server itself.</summary>
    public string? Tenant { get; }

    private string Kind { get; }

    private string Name { get; }

    /// <summary>Null when the text breaks the rule or names no role.</summary>
    public static CertificateRole? Parse(string text)
    {
        var (colon, equals) = (text.IndexOf(':', StringComparison.Ordinal), text.LastIndexOf('='));
        if (colon < 0 || equals <= colon + 1)
            return null;

        var (kind, name) = (text[..colon], text[(colon + 1)..equals]);
        string?[] place = text[(equals + 1)..].Split('@', 2);
        var (role, tenant) = (place[0]!, place.ElementAtOrDefault(1));
        var isName = kind switch
        {
            "cn" => true,
            "dns" => name.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == name.Length - 1),
            "uri" => name.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == name.Length - 1 && name[^2..] == "/*"),
            _ => false,
        };
        return isName && name != "*" && RoleList.Names.Contains(role) && (tenant is null || TenantName.IsValid(tenant))
            ? new CertificateRole(kind, name, role, tenant) : null;
    }

    internal bool Fits(CertificateNames names) => Kind switch
    {
        "cn" => names.CommonNames is [var only] && only == Name,
        "dns" => names.DnsNames.Any(name => IsMeant(name, StringComparison.OrdinalIgnoreCase)),
        _ => names.Uris.Any(name => IsMeant(name, StringComparison.Ordinal)),
    };

    private bool IsMeant(string name, StringComparison comparison) =>
        Name.EndsWith('*') ? name.StartsWith(Name[..^1], comparison) : name.Equals(Name, comparison);
}
