using Nacre.Evidence.Protocol;
using Nacre.Verifiers;

namespace Nacre.Attestation;

/// <summary>Everything one guest submits at once: the primary TEE first, then its devices.</summary>
public sealed record AttestationSubmission
{
    public required IReadOnlyList<SubmittedEvidence> Evidence { get; init; }

    /// <summary>What the report data stands for; null when only its digest is known.</summary>
    public RuntimeData? RuntimeData { get; init; }

    /// <summary>Bound by the primary evidence; null when the guest has none.</summary>
    public InitData? InitData { get; init; }
}

/// <summary>The evidence of one TEE.</summary>
/// <param name="Tee">Wire name.</param>
/// <param name="Evidence">JSON text in UTF-8, exactly as received.</param>
/// <param name="ReportData">The digest it must commit to.</param>
/// <param name="Endorsement">What vouches for the attestation key from outside the evidence; null when nothing does.</param>
public sealed record SubmittedEvidence(string Tee, byte[] Evidence, byte[] ReportData, IKeyEndorsement? Endorsement = null);
