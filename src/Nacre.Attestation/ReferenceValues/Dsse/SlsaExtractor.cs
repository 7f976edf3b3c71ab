using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.Dsse;

/// <summary>The subjects of SLSA provenance (in-toto Statement 0.1 and 1, provenance 0.2 and 1) named <c>slsa/SUBJECT</c>, each an array of digests.</summary>
internal sealed class SlsaExtractor : IReferenceValueExtractor
{
    private const string PayloadType = "application/vnd.in-toto+json";

    public string Type => "slsa";

    public IReadOnlyList<(string Name, JsonNode? Value)> Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        var signed = DsseEnvelope.Open(payload, PayloadType, trust.Builders);
        using var document = StrictJson.Parse(signed, "slsa.statement", ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields("slsa.statement", document.RootElement);
        fields.Only("_type", "subject", "predicateType", "predicate");
        if (fields.Text("_type", 64) is not ("https://in-toto.io/Statement/v0.1" or "https://in-toto.io/Statement/v1"))
            throw fields.Malformed("_type", "must be https://in-toto.io/Statement/v1");
        if (fields.Text("predicateType", 128) is not ("https://slsa.dev/provenance/v0.2" or "https://slsa.dev/provenance/v1"))
            throw fields.Malformed("predicateType", "must be https://slsa.dev/provenance/v1");

        return [.. fields.Objects("subject", "slsa.subject").Select(subject =>
            ($"slsa/{subject.Text("name", 400)}", (JsonNode?)SupplyChainDocument.ToValue(subject.Object("digest").Digests())))];
    }
}
