using Nacre.Evidence.Tpm;

namespace Nacre.Attesters.Tpm;

/// <summary>TPMT_PUBLIC templates of primary keys. A template and a seed make one key: a changed byte here is another key.</summary>
internal static class TpmTemplate
{
    private const TpmKeyAttributes Fixed = TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.SensitiveDataOrigin;

    private const TpmKeyAttributes Attestation =
        Fixed | TpmKeyAttributes.UserWithAuth | TpmKeyAttributes.Restricted | TpmKeyAttributes.Sign;

    private const TpmKeyAttributes LowRange = Fixed | TpmKeyAttributes.AdminWithPolicy | TpmKeyAttributes.Restricted | TpmKeyAttributes.Decrypt;

    // "PolicyA" for SHA-256: PolicySecret(TPM_RH_ENDORSEMENT). TCG EK Credential Profile 2.5, section B.6.2.
    private static readonly byte[] s_policyA = Convert.FromHexString("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");

    // "PolicyB" for SHA-384: PolicyA or the policy in an NV index. Same document, section B.6.4.
    private static readonly byte[] s_policyB384 = Convert.FromHexString(
        "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12");

    /// <summary>Restricted signing key, RSA-2048, RSASSA with SHA-256: what upstream's guests sign with.</summary>
    public static byte[] AkRsa2048() => Start(TpmAlgorithm.Rsa, TpmAlgorithm.Sha256, Attestation, [])
        .UInt16(TpmAlgorithm.Null)
        .UInt16(TpmAlgorithm.RsaSsa).UInt16(TpmAlgorithm.Sha256)
        .UInt16(2048).UInt32(0).Sized([]).ToArray();

    public static byte[] AkP256() => Start(TpmAlgorithm.Ecc, TpmAlgorithm.Sha256, Attestation, [])
        .UInt16(TpmAlgorithm.Null)
        .UInt16(TpmAlgorithm.EcDsa).UInt16(TpmAlgorithm.Sha256)
        .UInt16(TpmAlgorithm.CurveP256).UInt16(TpmAlgorithm.Null).Sized([]).Sized([]).ToArray();

    /// <summary>Template L-1.</summary>
    public static byte[] EkRsa2048() => Start(TpmAlgorithm.Rsa, TpmAlgorithm.Sha256, LowRange, s_policyA)
        .UInt16(TpmAlgorithm.Aes).UInt16(128).UInt16(TpmAlgorithm.Cfb)
        .UInt16(TpmAlgorithm.Null)
        .UInt16(2048).UInt32(0).Sized(new byte[256]).ToArray();

    /// <summary>Template L-2.</summary>
    public static byte[] EkP256() => Start(TpmAlgorithm.Ecc, TpmAlgorithm.Sha256, LowRange, s_policyA)
        .UInt16(TpmAlgorithm.Aes).UInt16(128).UInt16(TpmAlgorithm.Cfb)
        .UInt16(TpmAlgorithm.Null)
        .UInt16(TpmAlgorithm.CurveP256).UInt16(TpmAlgorithm.Null).Sized(new byte[32]).Sized(new byte[32]).ToArray();

    /// <summary>Template H-3.</summary>
    public static byte[] EkP384() => Start(TpmAlgorithm.Ecc, TpmAlgorithm.Sha384, LowRange | TpmKeyAttributes.UserWithAuth, s_policyB384)
        .UInt16(TpmAlgorithm.Aes).UInt16(256).UInt16(TpmAlgorithm.Cfb)
        .UInt16(TpmAlgorithm.Null)
        .UInt16(TpmAlgorithm.CurveP384).UInt16(TpmAlgorithm.Null).Sized([]).Sized([]).ToArray();

    /// <summary>Parent for sealed data: the ECC storage key of the TCG TPM v2.0 Provisioning Guidance, section 7.5.1.</summary>
    public static byte[] StorageP256() => Start(
            TpmAlgorithm.Ecc, TpmAlgorithm.Sha256,
            Fixed | TpmKeyAttributes.UserWithAuth | TpmKeyAttributes.NoDictionaryAttack | TpmKeyAttributes.Restricted
            | TpmKeyAttributes.Decrypt,
            [])
        .UInt16(TpmAlgorithm.Aes).UInt16(128).UInt16(TpmAlgorithm.Cfb)
        .UInt16(TpmAlgorithm.Null)
        .UInt16(TpmAlgorithm.CurveP256).UInt16(TpmAlgorithm.Null).Sized(new byte[32]).Sized(new byte[32]).ToArray();

    /// <summary>Sealed data; with a policy it opens by that alone.</summary>
    public static byte[] SealedData(ReadOnlySpan<byte> policy) => Start(
            TpmAlgorithm.KeyedHash, TpmAlgorithm.Sha256,
            TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.NoDictionaryAttack
            | (policy.IsEmpty ? TpmKeyAttributes.UserWithAuth : TpmKeyAttributes.None), policy)
        .UInt16(TpmAlgorithm.Null).Sized([]).ToArray();

    private static TpmWriter Start(ushort type, ushort nameHash, TpmKeyAttributes attributes, ReadOnlySpan<byte> policy) =>
        new TpmWriter().UInt16(type).UInt16(nameHash).UInt32((uint)attributes).Sized(policy);
}
