using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Se;

/// <summary>
/// Decides which host key documents are IBM's (evidence.md 12.3): document ← signing key ← authorities ← the root that the operator gave.
/// IBM's chain begins at a public authority, so there is no key to pin.
/// </summary>
public sealed class SeTrust(Certificate root, SeCertificateFiles files)
{
    private const int MaxAuthorities = 4;
    private const string Fetch = "fetch the current documents and lists from IBM, and check the root file";

    /// <summary>Records whether the document may be used to encrypt a request, and returns it.</summary>
    public bool Require(CheckList checks, Certificate document, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(checks);
        ArgumentNullException.ThrowIfNull(document);
        var subject = $"host key document {document.SerialNumber}";
        var accepted = checks.Require(
            document.IsValidAt(at), "se.host_key.validity", subject, $"valid at {at:u}", $"{document.NotBefore:u} to {document.NotAfter:u}",
            Fetch);

        var keys = files.Certificates.Where(SeSigningService.IsSigningKey).ToArray();
        var signer = keys.FirstOrDefault(key => SeSigningService.IsSame(document.Issuer, key.Subject) && IsSignedBy(document, key));
        checks.Require(
            signer is not null, "se.host_key.issuer", subject, "a signature by the key of IBM Z Host Key Signing Service",
            signer is not null ? "it verifies"
                : keys.Length == 0 ? "there is no certificate of such a key" : $"none of {keys.Length} such keys signed it", Fetch);
        if (signer is null)
            return false;

        var revoked = FindRevocationProblem(document, signer, at, required: true);
        accepted &= checks.Require(
            revoked is null, "se.host_key.revocation", subject, $"not on the list of {signer.Subject}", revoked ?? "it is not on it",
            Fetch);
        var problem = FindPathProblem(signer, at, revocationRequired: true);
        return accepted & checks.Require(
            problem is null, "se.host_key.chain", $"certificate of {signer.Subject}", $"a chain to {root.Subject}", problem ?? "it has one",
            Fetch);
    }

    /// <summary>Null when an unbroken chain of authorities leads from the certificate to the root; else the reason, in words.</summary>
    internal string? FindPathProblem(Certificate certificate, DateTimeOffset at, bool revocationRequired)
    {
        for (var depth = 0; depth <= MaxAuthorities; depth++)
        {
            if (!certificate.IsValidAt(at))
                return $"{certificate.Subject} is valid from {certificate.NotBefore:u} to {certificate.NotAfter:u}";

            if (certificate.Raw.Span.SequenceEqual(root.Raw.Span))
                return depth > 0 || !revocationRequired ? null : "the root itself signs no documents";

            var issuer = files.Certificates.Append(root).Where(one => one.Subject.Equals(certificate.Issuer))
                .FirstOrDefault(one => CertificateIssuance.FindProblem(certificate, one, authoritiesBelow: depth) is null);
            if (issuer is null)
                return $"no authority at hand issued {certificate.Subject}";

            // Of the key that signs documents there must be a list; of authorities there are some only where they publish them.
            if (FindRevocationProblem(certificate, issuer, at, revocationRequired && depth == 0) is { } revoked)
                return revoked;
            certificate = issuer;
        }

        return "the chain is too long";
    }

    /// <summary>Null when the list is one of <paramref name="issuer"/> and current; else the reason, in words.</summary>
    internal static string? FindListProblem(CertificateRevocationList list, Certificate issuer, DateTimeOffset at)
    {
        if (!SeSigningService.IsSame(list.Issuer, issuer.Subject))
            return $"it is one of {list.Issuer}";
        if (issuer.Extensions is { IsAuthority: true, MaySignRevocationLists: false })
            return $"{issuer.Subject} may not sign revocation lists";
        if (list.Extensions.CriticalOids.Any())
            return "it has critical extensions";
        if (!list.IsCurrentAt(at))
            return $"it is from {list.ThisUpdate:u} to {list.NextUpdate:u}";

        return IsSigned(issuer, list.SignatureAlgorithm, list.ToBeSigned, list.Signature) ? null : "its signature does not verify";
    }

    private string? FindRevocationProblem(Certificate certificate, Certificate issuer, DateTimeOffset at, bool required)
    {
        var current = files.RevocationLists.Where(list => FindListProblem(list, issuer, at) is null).ToArray();
        return current.Length == 0 && required ? $"there is no current revocation list of {issuer.Subject}"
            : current.Any(list => list.IsRevoked(certificate))
                ? $"{certificate.Subject}, number {certificate.SerialNumber}, is revoked" : null;
    }

    // The signing key is no authority by its certificate, and yet it signs documents and lists.
    private static bool IsSignedBy(Certificate document, Certificate signer) =>
        IsSigned(signer, document.SignatureAlgorithm, document.ToBeSigned, document.Signature);

    private static bool IsSigned(
        Certificate signer, SignatureAlgorithm algorithm, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
    {
        try
        {
            using var key = VerificationKey.Import(signer.SubjectPublicKeyInfo.Span);
            return key.Verify(algorithm, data.Span, signature.Span);
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }
}
