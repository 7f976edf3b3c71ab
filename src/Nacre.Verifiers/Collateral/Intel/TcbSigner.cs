using System.Security.Cryptography;
using Nacre.Formats.X509;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>
/// Whether TCB info or a QE identity is signed by Intel SGX TCB Signing under the pinned root key (evidence.md 2.5, step 5; without dates
/// and revocation).
/// </summary>
internal static class TcbSigner
{
    /// <summary>Null when it is; else the reason, in words.</summary>
    public static string? FindProblem<T>(SignedBody<T> signed, IReadOnlyList<Certificate> signers, string rootKeyDigest)
    {
        var root = IntelRoot.Find(signers, rootKeyDigest);
        if (root is null)
            return "its chain does not end at the pinned root key";

        if (signers.Count != 2)
            return $"its chain has {signers.Count} certificates, must be signer and root";

        var signer = ReferenceEquals(signers[0], root) ? signers[1] : signers[0];
        if (signer.Subject.CommonName is not "Intel SGX TCB Signing")
            return $"its signer is {signer.Subject}, must be Intel SGX TCB Signing";

        if ((CertificateIssuance.FindProblem(root, root, authoritiesBelow: 0)
            ?? CertificateIssuance.FindProblem(signer, root)) is { } problem)
            return problem;

        using var key = VerificationKey.Import(signer.SubjectPublicKeyInfo.Span);
        return key.Kind == "P-256" && key.VerifyEcdsa(HashAlgorithmName.SHA256, signed.Text, signed.Signature)
            ? null
            : "its signature over the text as received does not verify";
    }
}
