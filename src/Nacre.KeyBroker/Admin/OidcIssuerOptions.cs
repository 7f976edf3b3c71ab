using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Admin;

/// <summary>An identity provider that publishes its keys.</summary>
public sealed record OidcIssuerOptions
{
    /// <summary>Exactly as the provider writes it in <c>iss</c>; null takes any, and needs <see cref="KeySet"/>.</summary>
    public required string? Issuer { get; init; }

    /// <summary>
    /// What <c>aud</c> must have: a token that the provider made for another service is not for this one. Null takes any, as upstream does.
    /// </summary>
    public required string? Audience { get; init; }

    /// <summary>
    /// Upstream's <c>jwk_set_uri</c>: the address of the key set, or of the provider; null for the discovery document of
    /// <see cref="Issuer"/>.
    /// </summary>
    public string? KeySet { get; init; }

    public AdminRoleClaim RoleClaim { get; init; } = AdminRoleClaim.Default;

    /// <summary>As <see cref="AdminIssuer.Acls"/>.</summary>
    public IReadOnlyList<AdminAcl>? Acls { get; init; }

    /// <summary>Authorities of the provider's certificate; null for those of the system.</summary>
    public X509Certificate2Collection? Authorities { get; init; }
}
