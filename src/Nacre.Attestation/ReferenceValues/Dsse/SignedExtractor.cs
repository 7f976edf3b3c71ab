using System.Text.Json.Nodes;

namespace Nacre.Attestation.ReferenceValues.Dsse;

/// <summary>The object that <c>sample</c> takes, signed in a DSSE envelope.</summary>
internal sealed class SignedExtractor : IReferenceValueExtractor
{
    private const string PayloadType = "application/vnd.nacre.reference-values+json";

    public string Type => "signed";

    public IReadOnlyList<(string Name, JsonNode? Value)> Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at) =>
        SampleExtractor.Read(DsseEnvelope.Open(payload, PayloadType, trust.Signers));
}
