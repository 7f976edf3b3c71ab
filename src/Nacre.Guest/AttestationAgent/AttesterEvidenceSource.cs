using System.Text.Json.Nodes;
using Nacre.Attesters;
using Nacre.Client;

namespace Nacre.Guest.AttestationAgent;

/// <summary>Feeds a handshake from an attester of this machine. Devices beside the primary TEE are not collected yet.</summary>
public sealed class AttesterEvidenceSource(IAttester attester) : IEvidenceSource
{
    public string Tee => attester.Tee;

    public ValueTask<JsonObject?> GetAuthParametersAsync(CancellationToken cancel) => ValueTask.FromResult<JsonObject?>(null);

    public ValueTask<string> GetAdditionalEvidenceAsync(ReadOnlyMemory<byte> deviceDigest, CancellationToken cancel) => ValueTask.FromResult("");

    public async ValueTask<SourcedEvidence> GetEvidenceAsync(EvidenceRequest request, CancellationToken cancel) =>
        new(await attester.GetEvidenceAsync(request.ReportData, cancel));
}
