using Nacre.Evidence.Sev;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Sev;

/// <summary>
/// The certificates of a SEV or SEV-ES platform from AMD's root to the key that secrets are sent to: ARK → ASK → CEK → PEK → PDH; the PEK also
/// by its owner, OCA (evidence.md 6.1). No list of revocations exists for them.
/// </summary>
public sealed record SevChain(
    AmdAuthorityCertificate Root, AmdAuthorityCertificate Intermediate, SevCertificate Chip, SevCertificate Owner, SevCertificate Platform,
    SevCertificate DiffieHellman)
{
    private static readonly string[] s_roots =
    [
        "3a04f8f1347de206c9206a81148ba4ef0a233b245d43a15dd82de043bb3e4f69", // Naples
        "7447ffa21e2b938bfade89f5e9066c00a328813bfc43685605cceabd18da6fde", // Rome
        "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9", // Milan
        "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831", // Genoa
        "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08", // Turin
    ];

    /// <summary>Records every check of the chain; returns whether all passed.</summary>
    public bool Require(CheckList checks)
    {
        ArgumentNullException.ThrowIfNull(checks);
        var digest = VerificationKey.Digest(Root.ExportSubjectPublicKeyInfo());
        var passed = checks.Require(s_roots.Contains(digest), "sev.chain.root", "key of the ARK", "a pinned one", digest, Fetch);
        passed &= RequireUsages(checks);
        passed &= Require(checks, "sev.chain.ark", "ARK", IsSigned(Root, Root));
        passed &= Require(checks, "sev.chain.ask", "ASK by ARK", Intermediate.CertifyingId == Root.KeyId && IsSigned(Intermediate, Root));
        passed &= Require(checks, "sev.chain.cek", "CEK by ASK", IsSigned(Chip, Intermediate));
        passed &= Require(checks, "sev.chain.oca", "OCA by itself", IsSigned(Owner, Owner));
        passed &= Require(checks, "sev.chain.pek_cek", "PEK by CEK", IsSigned(Platform, Chip));
        passed &= Require(checks, "sev.chain.pek_oca", "PEK by OCA", IsSigned(Platform, Owner));
        return passed & Require(checks, "sev.chain.pdh", "PDH by PEK", IsSigned(DiffieHellman, Platform));
    }

    /// <summary>Whether the root or intermediate signed a certificate of its own kind.</summary>
    public static bool IsSigned(AmdAuthorityCertificate certificate, AmdAuthorityCertificate signer)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(signer);
        return signer.Verify(certificate.Signed.Span, certificate.Signature, signer.Hash);
    }

    /// <summary>Whether AMD's intermediate signed the certificate of a chip.</summary>
    public static bool IsSigned(SevCertificate certificate, AmdAuthorityCertificate signer)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(signer);
        return certificate.Signatures.Any(slot => slot.Hash is { } hash && hash == signer.Hash
            && slot.ToRsa(signer.Key.Modulus!.Length) is { } signature && signer.Verify(certificate.Signed.Span, signature, hash));
    }

    /// <summary>Whether a key of the platform signed the certificate of another, in a slot that names its usage.</summary>
    public static bool IsSigned(SevCertificate certificate, SevCertificate signer)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(signer);
        try
        {
            using var key = VerificationKey.FromPoint(signer.Curve, signer.X, signer.Y);
            return certificate.Signatures.Any(slot => slot.Usage == signer.Usage && slot.Hash is { } hash
                && slot.ToEcdsa(signer.Coordinate) is { } signature && key.VerifyEcdsa(hash, certificate.Signed.Span, signature));
        }
        catch (MalformedDataException)
        {
            // A point off its curve signs nothing.
            return false;
        }
    }

    private const string Fetch = "fetch the chain of this platform again: SEV certificates from its firmware, AMD's from the key distribution service";

    private bool RequireUsages(CheckList checks)
    {
        var right = Root.Usage == AmdAuthorityCertificate.RootUsage && Intermediate.Usage == AmdAuthorityCertificate.IntermediateUsage
            && Chip.Usage == SevKeyUsage.Cek && Owner.Usage == SevKeyUsage.Oca && Platform.Usage == SevKeyUsage.Pek
            && DiffieHellman.Usage == SevKeyUsage.Pdh;
        return checks.Require(
            right, "sev.chain.usage", "usages of the keys", "ARK, ASK, CEK, OCA, PEK, PDH",
            $"0x{Root.Usage:x}, 0x{Intermediate.Usage:x}, {Chip.Usage}, {Owner.Usage}, {Platform.Usage}, {DiffieHellman.Usage}", Fetch);
    }

    private static bool Require(CheckList checks, string id, string subject, bool passed) =>
        checks.Require(passed, id, subject, "signed", passed ? "it verifies" : "it does not verify", Fetch);
}
