using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// What a server keeps between challenge and evidence: the secret in the credential it sent, and whom it was for. Travels in the sealed
/// session cookie, so it can be made again from its parts.
/// </summary>
public sealed class TpmPendingKey(SecretBytes secret, ReadOnlyMemory<byte> attestationKey, string ekCertificateSha256) : IDisposable
{
    public SecretBytes Secret { get; } = secret;

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> AttestationKey { get; } = attestationKey;

    /// <summary>Lower-case hex.</summary>
    public string EkCertificateSha256 { get; } = ekCertificateSha256;

    /// <summary>Believes in the key if the proof shows that its TPM opened the credential; null otherwise.</summary>
    /// <param name="proof">From the attest body.</param>
    /// <param name="reportData">The full report-data digest of this handshake.</param>
    public TpmKeyEndorsement? Endorse(TpmCredentialProof proof, ReadOnlySpan<byte> reportData)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return proof.Matches(Secret, reportData) ? TpmKeyEndorsement.Activated(AttestationKey.Span, EkCertificateSha256) : null;
    }

    public void Dispose() => Secret.Dispose();
}
