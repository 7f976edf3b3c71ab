using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Verifiers.Tpm;

/// <summary>Whether a certificate is that of an endorsement key, by an authority we trust (TCG EK Credential Profile 2.5, section 3).</summary>
internal static class EkCertificate
{
    private const string Id = "tpm.ek.chain";
    private const string Subject = "endorsement key certificate";

    // tcg-kp-EKCertificate.
    private const string EkUsage = "2.23.133.8.1";
    private const string AnyUsage = "2.5.29.37.0";
    private const X509KeyUsageFlags Wrapping = X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyAgreement;

    private static readonly string[] s_sha1Signatures = ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.113549.1.1.4"];

    /// <summary>Records the checks and returns the leaf; null when one failed. The caller disposes it.</summary>
    public static X509Certificate2? Require(CheckList checks, IReadOnlyList<byte[]> sent, EkRoots roots, DateTimeOffset at)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            foreach (var der in sent)
                certificates.Add(X509CertificateLoader.LoadCertificate(der));
        }
        catch (CryptographicException)
        {
            Dispose(certificates, except: null);
            checks.Require(false, Id, Subject, "X.509 in DER", "bytes that do not parse", "send the certificate as the TPM's NV index holds it");
            return null;
        }

        if (certificates.Count == 0)
        {
            checks.Require(false, Id, Subject, "a certificate", "none", "send the certificate of the endorsement key");
            return null;
        }

        var leaf = certificates[0];
        var problem = FindProblem(leaf, sent, certificates, roots, at);
        checks.Require(
            problem is null, Id, Subject, $"a chain to one of {roots.Count} configured roots, valid at {at:u}",
            problem ?? $"issued by {leaf.Issuer}, serial {leaf.SerialNumber}",
            "add the root (and the intermediates) of the TPM's maker to the configured roots, if that maker is to be trusted");

        Dispose(certificates, except: problem is null ? leaf : null);
        return problem is null ? leaf : null;
    }

    private static string? FindProblem(
        X509Certificate2 leaf, IReadOnlyList<byte[]> sent, X509Certificate2Collection certificates, EkRoots roots, DateTimeOffset at)
    {
        try
        {
            return Purpose(leaf) ?? (IsProven(sent, roots, at) ? null : Chain(leaf, sent, certificates, roots, at));
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
        {
            return "a key or an extension in it does not parse";
        }
    }

    private static string? Purpose(X509Certificate2 leaf)
    {
        if (leaf.Extensions.GroupBy(extension => extension.Oid?.Value).Any(same => same.Count() > 1))
            return "an extension occurs twice";

        foreach (var extension in leaf.Extensions)
        {
            switch (extension)
            {
                case X509BasicConstraintsExtension { CertificateAuthority: true }:
                    return "it is the certificate of an authority";
                case X509EnhancedKeyUsageExtension usages when !usages.EnhancedKeyUsages.Cast<Oid>().Any(usage => usage.Value is EkUsage or AnyUsage):
                    return $"its extended key usage is not {EkUsage} (endorsement key)";
                case X509KeyUsageExtension usages when (usages.KeyUsages & Wrapping) == X509KeyUsageFlags.None:
                    return "its key usage is neither key encipherment nor key agreement";
            }
        }

        return null;
    }

    private static bool IsProven(IReadOnlyList<byte[]> sent, EkRoots roots, DateTimeOffset at) =>
        roots.Proven.Find(sent) is { } time && time.From <= at && at <= time.Until;

    private static string? Chain(
        X509Certificate2 leaf, IReadOnlyList<byte[]> sent, X509Certificate2Collection certificates, EkRoots roots, DateTimeOffset at)
    {
        if (roots.Count == 0)
            return "no root is configured";

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots.Roots);
        chain.ChainPolicy.ExtraStore.AddRange(roots.Intermediates);
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;

        // No list is at hand here; a revoked maker is taken out of the configured roots.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        try
        {
            if (!chain.Build(leaf))
                return string.Join("; ", chain.ChainStatus.Select(status => status.Status.ToString()).Distinct());

            if (chain.ChainElements.SkipLast(1).Any(link => s_sha1Signatures.Contains(link.Certificate.SignatureAlgorithm.Value)))
                return "a certificate is signed with SHA-1 or MD5";

            // The framework gives both in local time.
            var from = new DateTimeOffset(chain.ChainElements.Max(link => link.Certificate.NotBefore));
            var until = new DateTimeOffset(chain.ChainElements.Min(link => link.Certificate.NotAfter));
            roots.Proven.Add(sent, new ProvenTime(from, until));
            return null;
        }
        finally
        {
            foreach (var link in chain.ChainElements)
                link.Certificate.Dispose();
        }
    }

    private static void Dispose(X509Certificate2Collection certificates, X509Certificate2? except)
    {
        foreach (var certificate in certificates)
        {
            if (!ReferenceEquals(certificate, except))
                certificate.Dispose();
        }
    }
}
