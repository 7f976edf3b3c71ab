using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Admin;

/// <summary>Who an administrator is, by the token, and whether the role may use the route; denied by default.</summary>
public sealed class AdminAuthority(AdminToken bootstrap, AdminTokenSigner signer, IReadOnlyList<AdminIssuer> issuers, TimeProvider clock)
{
    private readonly AdminIssuer[] _issuers = [signer.Issuer, .. issuers];

    public AdminTokenSigner Signer => signer;

    public AdminMode Mode { get; init; }

    /// <exception cref="KbsProblemException">401 when the token is not good, 403 when it may not do this.</exception>
    public AdminIdentity Require(Route route, KbsCall call)
    {
        var identity = Identify(route, call.Bearer);
        call.Subject.Name = identity.Name;
        var isGranted = identity.Acls is { } acls
            ? acls.Any(acl => acl.Allows(identity.Role, route.PathOf(call.Values))) : RoleList.Grants(identity.Role, route.Access);
        if (!isGranted)
            throw Denied(identity, route, $"this needs a role that may {route.Access}");
        if (identity.Methods.Count > 0 && !identity.Methods.Contains(route.Method))
            throw Denied(identity, route, $"the token is for {string.Join(", ", identity.Methods)}");
        if (identity.Scope.Count > 0 && !route.NarrowsToScope && !(route.ObjectOf(call.Values) is { } path && identity.Covers(path)))
            throw Denied(identity, route, $"the token is for what is below {string.Join('/', identity.Scope)}/");

        return identity;
    }

    private AdminIdentity Identify(Route route, string? bearer)
    {
        if (Mode == AdminMode.DenyAll)
            throw Refused(route, "there are no administrators here (DenyAll)");
        if (Mode == AdminMode.AllowAll)
            return new AdminIdentity(RoleList.Admin, "anyone");
        if (bearer is null)
            throw Refused(route, "Failed to parse HTTP Auth Bearer header");
        if (bootstrap.Is(bearer))
            return new AdminIdentity(RoleList.Admin, "admin token");

        var problem = "";
        try
        {
            if (bearer.Contains('.', StringComparison.Ordinal))
            {
                var token = JsonWebToken.Parse(bearer);
                foreach (var issuer in _issuers)
                {
                    var (identity, why) = issuer.Read(token, clock.GetUtcNow());
                    if (identity is not null)
                        return identity;
                    if (why is not null)
                        problem = $": {why}";
                }
            }
        }
        catch (MalformedDataException e)
        {
            problem = $": {e.Message}";
        }

        throw Refused(route, $"Cannot verify token with any of the issuers{problem}");
    }

    // The texts that upstream's tests look for (trust.md 1.10).
    private static KbsProblemException Refused(Route route, string problem) =>
        new(401, ErrorTypes.AdminAuthAccess, $"admin access denied for endpoint {route.Template}: {problem}");

    private static KbsProblemException Denied(AdminIdentity identity, Route route, string problem) => new(
        403, ErrorTypes.AdminAuthAccess,
        $"admin access denied for endpoint {route.Template}: "
        + $"Role {identity.Role} not allowed for path /{route.Template} with {route.Method}: {problem}");
}
