using Nacre.Formats.Jose;

namespace Nacre.Attestation.Tokens;

/// <summary>What tokens say and with which keys they are signed (trust.md 3.3, 3.5). The defaults are upstream's.</summary>
public sealed record TokenOptions
{
    /// <summary>One of <see cref="JwtSigningKey.Algorithms"/>; of no meaning with <see cref="Key"/>.</summary>
    public string Algorithm { get; init; } = JsonWebKey.Es256;

    /// <summary>How long a token is good.</summary>
    public TimeSpan Life { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a key of the ring signs until the next takes over.</summary>
    public TimeSpan KeyLife { get; init; } = TimeSpan.FromDays(90);

    /// <summary>A key that the operator gives and replaces; null for the ring in the store.</summary>
    public GivenTokenKey? Key { get; init; }

    /// <summary>Put the public key into the header, as upstream does; without it relying parties find it by <c>kid</c>.</summary>
    public bool EmbedKey { get; init; } = true;

    /// <summary>With event logs and the documents of the init-data; without them the token is small.</summary>
    public bool Verbose { get; init; } = true;

    public string Issuer { get; init; } = "CoCo-Attestation-Service";

    /// <summary><c>aud</c>; null for none.</summary>
    public string? Audience { get; init; }

    public string Developer { get; init; } = "https://confidentialcontainers.org";

    /// <summary>Null names this program and its version.</summary>
    public string? Build { get; init; }

    public string Profile { get; init; } = "tag:github.com,2024:confidential-containers/Trustee";
}

/// <summary>A key from outside.</summary>
/// <param name="Key">Stays the caller's.</param>
/// <param name="Certificates">DER, the leaf first: the header's <c>x5c</c>; none leaves it out.</param>
/// <param name="CertificateUrl">The header's <c>x5u</c>; null leaves it out.</param>
public sealed record GivenTokenKey(JwtSigningKey Key, IReadOnlyList<byte[]> Certificates, string? CertificateUrl);
