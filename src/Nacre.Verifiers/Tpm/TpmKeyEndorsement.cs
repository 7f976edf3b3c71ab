namespace Nacre.Verifiers.Tpm;

/// <summary>
/// The caller's statement that an attestation key lives in a TPM. Made only after a credential was activated
/// (<see cref="TpmPendingKey.Endorse"/>), or for a key that an administrator enrolled.
/// </summary>
public sealed class TpmKeyEndorsement : IKeyEndorsement
{
    public const string CredentialActivation = "credential-activation";
    public const string EnrolledKey = "enrolled";

    private readonly byte[] _attestationKey;

    private TpmKeyEndorsement(byte[] attestationKey, string how, string? ekCertificateSha256) =>
        (_attestationKey, How, EkCertificateSha256) = (attestationKey, how, ekCertificateSha256);

    /// <summary>DER SubjectPublicKeyInfo of the key that is vouched for.</summary>
    public ReadOnlySpan<byte> AttestationKey => _attestationKey;

    /// <summary><see cref="CredentialActivation"/> or <see cref="EnrolledKey"/>; the claim <c>ak_trust</c>.</summary>
    public string How { get; }

    /// <summary>Lower-case hex; null for an enrolled key.</summary>
    public string? EkCertificateSha256 { get; }

    /// <summary>An administrator put the key on the list of the trusted.</summary>
    public static TpmKeyEndorsement Enrolled(ReadOnlySpan<byte> attestationKey) => new(attestationKey.ToArray(), EnrolledKey, null);

    internal static TpmKeyEndorsement Activated(ReadOnlySpan<byte> attestationKey, string ekCertificateSha256) =>
        new(attestationKey.ToArray(), CredentialActivation, ekCertificateSha256);
}
