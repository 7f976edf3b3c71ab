using Nacre.Evidence.Csv;

namespace Nacre.Verifiers.Csv;

/// <summary>The chain HRK, HSK, CEK, PEK (evidence.md 11.2): each signed by the one before, and of the kind that may sign the next.</summary>
internal static class HygonChainChecks
{
    private const uint Sm2WithSm3 = 4;

    public static void Require(CheckList checks, HygonChain chain, HygonCertificate platform, HygonAuthorityCertificate root)
    {
        var (signing, chip) = (chain.SigningKey, chain.ChipKey);
        checks.Require(
            signing.Usage == HygonAuthorityCertificate.SigningUsage && signing.SignerId.AsSpan().SequenceEqual(root.KeyId)
                && root.Key.Verify(signing.Body.Span, signing.Signature),
            "csv.chain.hsk", "HSK", "signed by Hygon's root", signing.Key.UserId, "only processors of Hygon are believed");
        checks.Require(
            chip.Usage == HygonCertificate.ChipUsage && chip.SignerId.AsSpan().SequenceEqual(signing.KeyId)
                && IsSigned(chip, signing.Key, HygonAuthorityCertificate.SigningUsage),
            "csv.chain.cek", "CEK", "signed by the HSK", chip.Key.UserId, "take the certificates of this chip from Hygon's service");
        checks.Require(
            platform.Usage == HygonCertificate.PlatformUsage && IsSigned(platform, chip.Key, HygonCertificate.ChipUsage),
            "csv.chain.pek", "PEK", "signed by the CEK", platform.Key.UserId, "the report is of another chip than the certificates");
    }

    // The other slot is the owner's authority, whose word counts for nothing here.
    private static bool IsSigned(HygonCertificate certificate, HygonKey signer, uint signerUsage) =>
        certificate.Signatures.Any(slot => slot.Usage == signerUsage && slot.Algorithm == Sm2WithSm3 && signer.Verify(certificate.Body.Span, slot.Signature));
}
