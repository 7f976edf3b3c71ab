namespace Nacre.Attesters.Tpm;

/// <summary>One of the TCG's default endorsement keys: where its certificate is, and how to make and authorise it.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="CertificateIndex">NV index of its certificate (TCG EK Credential Profile 2.5, section 2.2.1.4).</param>
/// <param name="Template">TPMT_PUBLIC.</param>
/// <param name="NeedsPolicy">Whether its use takes PolicySecret(endorsement); otherwise its empty password will do.</param>
internal sealed record TpmEndorsementKind(TpmEndorsementKeyKind Kind, uint CertificateIndex, byte[] Template, bool NeedsPolicy)
{
    /// <summary>In order of preference.</summary>
    public static IReadOnlyList<TpmEndorsementKind> All { get; } =
    [
        new(TpmEndorsementKeyKind.Rsa2048, 0x01c0_0002, TpmTemplate.EkRsa2048(), NeedsPolicy: true),
        new(TpmEndorsementKeyKind.EccP256, 0x01c0_000a, TpmTemplate.EkP256(), NeedsPolicy: true),
        new(TpmEndorsementKeyKind.EccP384, 0x01c0_0016, TpmTemplate.EkP384(), NeedsPolicy: false),
    ];
}
