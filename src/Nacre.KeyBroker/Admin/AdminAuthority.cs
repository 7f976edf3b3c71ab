using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// Who an administrator is, by the token or the client certificate, and whether the role may use the route; denied by default.
/// </summary>
/// <param name="bootstrap">The operator's own; null for a tenant, which has none.</param>
/// <param name="signer">Makes the tokens of this server or tenant.</param>
/// <param name="issuers">Others whose tokens are taken, when they name the same tenant.</param>
/// <param name="certificates">Others who come with a client certificate; null when none are taken.</param>
/// <param name="clock">Of this server.</param>
public sealed class AdminAuthority(
    AdminToken? bootstrap, AdminTokenSigner signer, IReadOnlyList<IAdminTokenSource> issuers, AdminCertificates? certificates,
    TimeProvider clock)
{
    private readonly IAdminTokenSource[] _issuers = [signer.Issuer, .. issuers];

    public AdminTokenSigner Signer => signer;

    /// <exception cref="KbsProblemException">401 when the token is not good, 403 when it may not do this.</exception>
    public async ValueTask<AdminIdentity> RequireAsync(Route route, KbsCall call, CancellationToken cancel)
    {
        var identity = await IdentifyAsync(route, call, cancel);
        call.Subject.Name = identity.Name;
        if (identity.Tenant != signer.Tenant)
            throw Denied(identity, route, $"the token is for {(identity.Tenant is { } other ? $"the tenant {other}" : "no tenant")}");
        if (!RoleList.Grants(identity.Role, route.Access))
            throw Denied(identity, route, $"this needs a role that may {route.Access}");
        if (identity.Methods.Count > 0 && !identity.Methods.Contains(route.Method))
            throw Denied(identity, route, $"the token is for {string.Join(", ", identity.Methods)}");
        if (identity.Scope.Count > 0 && !route.NarrowsToScope && !IsWithin(identity, route, call))
            throw Denied(identity, route, $"the token is for what is below {string.Join('/', identity.Scope)}/");

        return identity;
    }

    private static bool IsWithin(AdminIdentity identity, Route route, KbsCall call) =>
        route.Access != Access.ManageTenants && route.ObjectOf(call.Values) is { } path && identity.Covers(path);

    private async ValueTask<AdminIdentity> IdentifyAsync(Route route, KbsCall call, CancellationToken cancel)
    {
        if (call.Bearer is { } bearer)
            return await IdentifyAsync(route, bearer, cancel);
        if (certificates is null || call.ClientCertificate is null)
            throw Refused(route, "Failed to parse HTTP Auth Bearer header");

        var (identity, problem) = certificates.Read(call.ClientCertificate, clock.GetUtcNow());
        return identity ?? throw Refused(route, problem!);
    }

    private async ValueTask<AdminIdentity> IdentifyAsync(Route route, string bearer, CancellationToken cancel)
    {
        if (bootstrap?.Is(bearer) == true)
            return new AdminIdentity(RoleList.Admin, "admin token") { Subject = "admin token" };

        var problem = "";
        try
        {
            if (bearer.Contains('.', StringComparison.Ordinal))
            {
                var token = JsonWebToken.Parse(bearer);
                foreach (var issuer in _issuers)
                {
                    var (identity, why) = await issuer.ReadAsync(token, clock.GetUtcNow(), cancel);
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
