using Nacre.Evidence.Csv;

namespace Nacre.Verifiers.Csv;

/// <summary>
/// The chain HRK, HSK, CEK (evidence.md 11.2), and the PEK of CSV after it: each signed by the one before, and of the kind that may sign the
/// next.
/// </summary>
internal static class HygonChainChecks
{
    private const uint Sm2WithSm3 = 4;

    /// <param name="checks">Where the checks are recorded.</param>
    /// <param name="prefix">Of their ids.</param>
    /// <param name="chain">HSK and CEK.</param>
    /// <param name="root">HRK.</param>
    public static void RequireChip(CheckList checks, string prefix, HygonChain chain, HygonAuthorityCertificate root)
    {
        checks.Require(
            IsRooted(chain.SigningKey, root), $"{prefix}.chain.hsk", "HSK", "signed by Hygon's root", chain.SigningKey.Key.UserId,
            "only processors of Hygon are believed");
        checks.Require(
            IsChip(chain), $"{prefix}.chain.cek", "CEK", "signed by the HSK", chain.ChipKey.Key.UserId,
            "take the certificates of this chip from Hygon's service");
    }

    public static void RequirePlatform(CheckList checks, HygonCertificate chip, HygonCertificate platform) =>
        checks.Require(
            platform.Usage == HygonCertificate.PlatformUsage && IsSigned(platform, chip.Key, HygonCertificate.ChipUsage),
            "csv.chain.pek", "PEK", "signed by the CEK", platform.Key.UserId, "the report is of another chip than the certificates");

    /// <summary>Whether the chain goes from the root to a chip.</summary>
    public static bool IsGenuine(HygonChain chain, HygonAuthorityCertificate root) => IsRooted(chain.SigningKey, root) && IsChip(chain);

    private static bool IsRooted(HygonAuthorityCertificate signing, HygonAuthorityCertificate root) =>
        signing.Usage == HygonAuthorityCertificate.SigningUsage && signing.SignerId.AsSpan().SequenceEqual(root.KeyId)
        && root.Key.Verify(signing.Body.Span, signing.Signature);

    private static bool IsChip(HygonChain chain) =>
        chain.ChipKey.Usage == HygonCertificate.ChipUsage && chain.ChipKey.SignerId.AsSpan().SequenceEqual(chain.SigningKey.KeyId)
        && IsSigned(chain.ChipKey, chain.SigningKey.Key, HygonAuthorityCertificate.SigningUsage);

    // The other slot is the owner's authority, whose word counts for nothing here.
    private static bool IsSigned(HygonCertificate certificate, HygonKey signer, uint signerUsage) =>
        certificate.Signatures.Any(slot => slot.Usage == signerUsage && slot.Algorithm == Sm2WithSm3 && signer.Verify(certificate.Body.Span, slot.Signature));
}
