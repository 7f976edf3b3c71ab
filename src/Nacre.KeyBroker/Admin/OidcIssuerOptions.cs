using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Admin;

/// <summary>An identity provider that publishes its keys (OpenID Connect Discovery 1.0).</summary>
public sealed record OidcIssuerOptions
{
    /// <summary><c>https</c>, exactly as the provider writes it in <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>What <c>aud</c> must have: a token that the provider made for another service is not for this one.</summary>
    public required string Audience { get; init; }

    public AdminRoleClaim RoleClaim { get; init; } = AdminRoleClaim.Default;

    /// <summary>Authorities of the provider's certificate; null for those of the system.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>How old the keys may be before they are asked for again.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How old they may become while the provider does not answer.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Between two attempts, whatever tokens come: nobody can make this server flood the provider.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(30);
}
