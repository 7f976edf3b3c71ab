namespace Nacre.Attestation.Services;

/// <summary>
/// Where the Attestation Service and the reference values are served for other programs: gRPC and REST as upstream's (trust.md 3.1, 3.2, 4.1).
/// Addresses are <c>http://HOST:PORT</c> (or <c>HOST:PORT</c>) without TLS, <c>https://HOST:PORT</c> with it, and for gRPC
/// <c>unix:///PATH</c>.
/// </summary>
public sealed record ServiceOptions
{
    /// <summary>Attestation Service and reference values over gRPC; null for nowhere.</summary>
    public string? Grpc { get; init; }

    /// <summary>Attestation Service over REST; null for nowhere.</summary>
    public string? Rest { get; init; }

    /// <summary>Reference values alone, over gRPC; null for nowhere.</summary>
    public string? ReferenceValues { get; init; }

    /// <summary>
    /// Addresses without TLS may be those of other machines: whoever reaches them may call everything, as with upstream. Without it they must be
    /// of this machine.
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>Web pages that may call REST, by origin.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Whether an address has TLS.</summary>
    public bool NeedTls => HasTls(Grpc) || HasTls(Rest) || HasTls(ReferenceValues);

    /// <summary>Names or addresses that a certificate for these must have.</summary>
    public IEnumerable<string> TlsHosts =>
        from address in (string?[])[Grpc, Rest, ReferenceValues]
        where HasTls(address) && Uri.TryCreate(address, UriKind.Absolute, out _)
        select new Uri(address!).Host.Trim('[', ']');

    internal static bool HasTls(string? address) => address?.StartsWith("https://", StringComparison.Ordinal) == true;

    public bool Any => Grpc is not null || Rest is not null || ReferenceValues is not null;
}
