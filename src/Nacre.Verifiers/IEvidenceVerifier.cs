namespace Nacre.Verifiers;

/// <summary>Decides whether the evidence of one TEE is genuine, fresh and bound. Reads no clock, no file and no environment of its own.</summary>
public interface IEvidenceVerifier
{
    /// <summary>Wire name of the TEE, one of <see cref="Evidence.TeeNames"/>.</summary>
    string Tee { get; }

    /// <summary>Never throws for what the evidence contains: malformed evidence is <see cref="Refused"/> too.</summary>
    ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel);
}

/// <summary>What is to be verified, and against what.</summary>
public sealed record EvidenceSubmission
{
    /// <summary>The evidence as JSON text in UTF-8, exactly as received.</summary>
    public required ReadOnlyMemory<byte> Evidence { get; init; }

    /// <summary>The time at which certificates and collateral must be valid.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The digest that the evidence must commit to; null when the caller has no expectation (then the check is not made).</summary>
    public byte[]? ReportData { get; init; }

    /// <summary>The init-data digest that the evidence must commit to; null as above.</summary>
    public byte[]? InitDataDigest { get; init; }

    /// <summary>What vouches for the attestation key from outside the evidence, for TEEs that need it (TPM); null otherwise.</summary>
    public IKeyEndorsement? Endorsement { get; init; }
}

/// <summary>Marks a statement about an attestation key that the caller has established itself.</summary>
#pragma warning disable CA1040 // The implementations belong to their TEE's folder; a verifier accepts exactly its own.
public interface IKeyEndorsement;
#pragma warning restore CA1040
