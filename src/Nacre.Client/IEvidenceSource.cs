using System.Text.Json.Nodes;

namespace Nacre.Client;

/// <summary>Where a handshake gets its evidence from: an attester of this guest, or an attestation agent.</summary>
public interface IEvidenceSource
{
    /// <summary>Wire name of the primary TEE.</summary>
    string Tee { get; }

    /// <summary>Members to add to <c>extra-params</c> of the first message; null when there are none.</summary>
    ValueTask<JsonObject?> GetAuthParametersAsync(CancellationToken cancel);

    /// <summary>Evidence of the devices beside the primary TEE: empty, or the JSON text of an object by TEE name.</summary>
    ValueTask<string> GetAdditionalEvidenceAsync(ReadOnlyMemory<byte> deviceDigest, CancellationToken cancel);

    ValueTask<SourcedEvidence> GetEvidenceAsync(EvidenceRequest request, CancellationToken cancel);
}

/// <summary>What the primary evidence must commit to.</summary>
/// <param name="ReportData">The digest, as long as its hash is.</param>
/// <param name="Nonce">As the server sent it; IBM Secure Execution puts its request there.</param>
/// <param name="ChallengeParameters"><c>extra-params</c> of the server's reply; null when there were none.</param>
public sealed record EvidenceRequest(byte[] ReportData, string Nonce, JsonObject? ChallengeParameters);

/// <param name="Evidence">JSON text in UTF-8.</param>
/// <param name="AttestParameters"><c>extra-params</c> of the second message; null when there are none.</param>
public sealed record SourcedEvidence(byte[] Evidence, JsonObject? AttestParameters = null);
