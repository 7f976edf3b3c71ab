using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Verifiers;

namespace Nacre.Attestation;

/// <summary>Everything one guest submits at once: the primary TEE first, then its devices.</summary>
public sealed record AttestationSubmission
{
    public required IReadOnlyList<SubmittedEvidence> Evidence { get; init; }

    /// <summary>The policies used are each of these with an underscore and the class of the TEE; null for the service's.</summary>
    public IReadOnlyList<string>? PolicySets { get; init; }
}

/// <summary>The evidence of one TEE.</summary>
/// <param name="Tee">Wire name.</param>
/// <param name="Evidence">JSON text in UTF-8, exactly as received.</param>
/// <param name="ReportData">What it must commit to; null when the caller expects nothing, and then nothing says that it is fresh.</param>
public sealed record SubmittedEvidence(string Tee, byte[] Evidence, byte[]? ReportData)
{
    /// <summary>What vouches for the attestation key from outside the evidence; null when nothing does.</summary>
    public IKeyEndorsement? Endorsement { get; init; }

    /// <summary>What the report data stands for; null when only its bytes are known.</summary>
    public JsonObject? RuntimeClaims { get; init; }

    /// <summary>The canonical JSON text that the report data is the hash of; null when only the hash is known.</summary>
    public byte[]? RuntimeText { get; init; }

    /// <summary>The hash that was used, one of <see cref="HashNames"/>.</summary>
    public string HashAlgorithm { get; init; } = HashNames.Sha384;

    /// <summary>What the evidence must commit to beside the report data; null when the caller expects nothing.</summary>
    public byte[]? InitDataDigest { get; init; }

    /// <summary>The document of that digest; null when it is not known.</summary>
    public InitData? InitData { get; init; }
}
