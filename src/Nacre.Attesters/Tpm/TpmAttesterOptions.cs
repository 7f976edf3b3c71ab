namespace Nacre.Attesters.Tpm;

public enum TpmAttestationKeyKind
{
    /// <summary>RSASSA with SHA-256, the only kind upstream's verifier knows.</summary>
    Rsa2048,

    EccP256,
}

/// <summary>The kinds of endorsement key the TCG gives default templates for, in order of preference.</summary>
public enum TpmEndorsementKeyKind
{
    /// <summary>Template L-1: the key every TPM has.</summary>
    Rsa2048,

    /// <summary>Template L-2.</summary>
    EccP256,

    /// <summary>Template H-3.</summary>
    EccP384,
}

public sealed record TpmAttesterOptions
{
    public TpmEndpoint Endpoint { get; init; } = TpmEndpoint.Default;

    public TpmAttestationKeyKind KeyKind { get; init; } = TpmAttestationKeyKind.Rsa2048;

    /// <summary>Which endorsement key to prove the attestation key with; null for the first that has a certificate.</summary>
    public TpmEndorsementKeyKind? EndorsementKeyKind { get; init; }

    /// <summary>DER of CA certificates between the endorsement key's and a root, sent along; a TPM seldom carries them.</summary>
    public IReadOnlyList<byte[]> EkIntermediates { get; init; } = [];
}
