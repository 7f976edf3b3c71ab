namespace Nacre.Attesters.Tpm;

public enum TpmAttestationKeyKind
{
    /// <summary>RSASSA with SHA-256, the only kind upstream's verifier knows.</summary>
    Rsa2048,

    EccP256,
}

public sealed record TpmAttesterOptions
{
    public TpmEndpoint Endpoint { get; init; } = TpmEndpoint.Default;

    public TpmAttestationKeyKind KeyKind { get; init; } = TpmAttestationKeyKind.Rsa2048;

    /// <summary>DER of CA certificates between the endorsement key's and a root, sent along; a TPM seldom carries them.</summary>
    public IReadOnlyList<byte[]> EkIntermediates { get; init; } = [];
}
