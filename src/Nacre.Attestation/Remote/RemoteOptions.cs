using System.Net.Security;

namespace Nacre.Attestation.Remote;

/// <summary>Which service elsewhere verifies evidence for a key broker; one of the records below.</summary>
public abstract record RemoteOptions
{
    private protected RemoteOptions()
    {
    }

    /// <summary>Which of its tokens are believed.</summary>
    public required TokenTrust Trust { get; init; }

    /// <summary>For one call. Guests wait 60 seconds for the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(50);
}

/// <summary>An Attestation Service with upstream's gRPC contract.</summary>
/// <param name="Address"><c>http://HOST:PORT</c>, <c>https://HOST:PORT</c> or <c>unix:///PATH</c>.</param>
public sealed record GrpcAttestationOptions(string Address) : RemoteOptions
{
    /// <summary>For https: whom to believe and what to show; null believes the authorities of the system.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Pass on sample evidence too, which proves nothing.</summary>
    public bool AllowSampleEvidence { get; init; }
}

/// <summary>Intel Trust Authority (trust.md 2.12).</summary>
/// <param name="BaseUrl">Of its API, such as <c>https://api.trustauthority.intel.com</c>.</param>
/// <param name="ApiKey">Sent with each call; the bytes of a header.</param>
public sealed record IntelTrustAuthorityOptions(Uri BaseUrl, Nacre.Formats.SecretBytes ApiKey) : RemoteOptions
{
    /// <summary>Policies that are asked for; empty for none.</summary>
    public IReadOnlyList<string> PolicyIds { get; init; } = [];

    /// <summary>Take a token although one of the policies does not match.</summary>
    public bool AllowUnmatchedPolicy { get; init; }
}
