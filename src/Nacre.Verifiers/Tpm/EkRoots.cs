using System.Security.Cryptography.X509Certificates;
using Nacre.Formats;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// The certificate authorities whose word on endorsement keys is taken. Self-signed certificates are roots; others among them only help to
/// build the chain. An empty set trusts no TPM.
/// </summary>
public sealed class EkRoots
{
    private const int MaxCertificates = 1000;

    private EkRoots(X509Certificate2Collection roots, X509Certificate2Collection intermediates) => (Roots, Intermediates) = (roots, intermediates);

    public static EkRoots None { get; } = new([], []);

    /// <summary>
    /// Chains that were found good before, and the time in which all their certificates are valid: a guest sends the same one with every
    /// attestation, and building it takes longer than the rest of the handshake.
    /// </summary>
    internal ContentCache<ProvenTime> Proven { get; } = new(4096);

    internal X509Certificate2Collection Roots { get; }

    internal X509Certificate2Collection Intermediates { get; }

    public int Count => Roots.Count;

    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate does not parse.</exception>
    public static EkRoots FromPem(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return From(certificates);
    }

    /// <inheritdoc cref="FromPem"/>
    public static EkRoots FromDer(IEnumerable<byte[]> certificates)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        return From([.. certificates.Select(der => X509CertificateLoader.LoadCertificate(der))]);
    }

    private static EkRoots From(X509Certificate2Collection certificates)
    {
        if (certificates.Count > MaxCertificates)
            throw new ArgumentException($"{certificates.Count} certificates are given, at most {MaxCertificates} are allowed", nameof(certificates));

        var (roots, intermediates) = (new X509Certificate2Collection(), new X509Certificate2Collection());
        foreach (var certificate in certificates)
            (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData) ? roots : intermediates).Add(certificate);

        return new(roots, intermediates);
    }
}

/// <summary>Both ends included.</summary>
internal sealed record ProvenTime(DateTimeOffset From, DateTimeOffset Until);
