using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Snp;

/// <summary>Whether AMD has revoked the keys above the report's (evidence.md 5.2: the lists are signed by the root).</summary>
internal static class SnpRevocation
{
    private const string Id = "snp.vek.revocation";
    private const string Subject = "revocation list";

    /// <summary>Whether the list is behind its end and taken all the same; null when nothing can be said of it.</summary>
    public static bool? Require(
        CheckList checks, byte[] list, SnpVek vek, AmdRoots roots, SnpSigningKey kind, DateTimeOffset at, TimeSpan grace, SnpProofs proofs)
    {
        CertificateRevocationList crl;
        string? signature;
        try
        {
            (crl, signature) = proofs.ReadList(list, roots.Root);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, Id, Subject, "X.509 in DER", error.Message, "fetch it again");
            return null;
        }

        var isStale = at > crl.NextUpdate && at - crl.NextUpdate <= grace;
        var problem = signature
            ?? (crl.IsCurrentAt(at) || isStale ? null : $"it is from {crl.ThisUpdate:u} to {crl.NextUpdate:u}")
            ?? (crl.IsRevoked(roots.Issuer(kind).Certificate) ? $"{roots.Issuer(kind).Certificate.Subject} is revoked" : null)
            ?? (crl.IsRevoked(vek.Certificate) ? "the certificate is revoked" : null);
        checks.Require(
            problem is null, Id, Subject, $"current at {at:u}, signed by {roots.Root.Subject}, and without these certificates",
            problem ?? $"{crl.Count} entries, from {crl.ThisUpdate:u}{(isStale ? $", behind its end {crl.NextUpdate:u} but within the grace of {grace}" : "")}",
            "fetch the current list; do not trust this host if a key of it is revoked");
        return isStale;
    }

    public static void RequireAbsent(CheckList checks, bool required, string reason)
    {
        if (required)
            checks.Require(false, Id, Subject, "one that is current", reason, "configure where revocation lists come from");
        else
            checks.NotMade(Id, Subject, reason);
    }
}
