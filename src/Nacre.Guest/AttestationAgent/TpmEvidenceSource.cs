using System.Text.Json.Nodes;
using Nacre.Attesters;
using Nacre.Attesters.Tpm;
using Nacre.Client;
using Nacre.Evidence.Tpm;

namespace Nacre.Guest.AttestationAgent;

/// <summary>
/// Feeds a handshake from a TPM: offers the attestation key with the endorsement key's certificate, opens the server's credential, and
/// quotes (docs/adr/0003). A server that sends no credential, such as upstream's, gets the quote alone.
/// </summary>
/// <param name="attester">Quotes.</param>
/// <param name="prover">Proves where the quoting key lives; normally the same object.</param>
public sealed class TpmEvidenceSource(IAttester attester, ITpmKeyProver prover) : IEvidenceSource
{
    private const string Member = "tpm";

    // The quote's field holds 32 bytes. A server that did not select SHA-256 expects the beginning of the longer digest (trust.md 1.7).
    private const int QuotedBytes = 32;

    public TpmEvidenceSource(TpmAttester attester)
        : this(attester, attester)
    {
    }

    public string Tee => attester.Tee;

    public async ValueTask<JsonObject?> GetAuthParametersAsync(CancellationToken cancel) =>
        new() { [Member] = (await prover.DescribeKeyAsync(cancel)).ToJson() };

    public ValueTask<string> GetAdditionalEvidenceAsync(ReadOnlyMemory<byte> deviceDigest, CancellationToken cancel) => ValueTask.FromResult("");

    public async ValueTask<SourcedEvidence> GetEvidenceAsync(EvidenceRequest request, CancellationToken cancel)
    {
        var quoted = request.ReportData.AsMemory(0, Math.Min(request.ReportData.Length, QuotedBytes));
        if (request.ChallengeParameters?[Member] is not JsonObject challenge)
            return new SourcedEvidence(await attester.GetEvidenceAsync(quoted, cancel));

        var credential = TpmCredential.Parse(Evidence.Protocol.JsonText.Utf8(challenge));
        using var secret = await prover.ActivateAsync(credential, cancel);
        var proof = TpmCredentialProof.Compute(secret, request.ReportData);
        return new SourcedEvidence(await attester.GetEvidenceAsync(quoted, cancel), new JsonObject { [Member] = proof.ToJson() });
    }
}
