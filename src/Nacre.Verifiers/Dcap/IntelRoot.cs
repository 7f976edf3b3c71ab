using Nacre.Formats.X509;

namespace Nacre.Verifiers.Dcap;

/// <summary>
/// Intel's root, pinned by its key: two certificates of it are about, and Intel's pre-production root has the same name (evidence.md 0).
/// </summary>
public static class IntelRoot
{
    /// <summary>SHA-256 of the SubjectPublicKeyInfo of CN=Intel SGX Root CA.</summary>
    public const string KeyDigest = "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e";

    internal static Certificate? Find(IEnumerable<Certificate> certificates, string keyDigest) =>
        certificates.FirstOrDefault(certificate => VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span) == keyDigest);
}
