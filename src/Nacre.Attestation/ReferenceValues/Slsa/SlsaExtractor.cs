using System.Text.Json.Nodes;
using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.Slsa;

/// <summary>
/// Products of a build with its provenance (SLSA v0.2 and v1, an in-toto statement in a DSSE envelope). The values are named
/// <c>slsa/PRODUCT</c>, each an array of digests. Whoever holds a key that is believed speaks for the builder that he names.
/// </summary>
internal sealed class SlsaExtractor : IReferenceValueExtractor
{
    private const string Structure = "slsa";
    private const string PayloadType = "application/vnd.in-toto+json";
    private const string Version02 = "https://slsa.dev/provenance/v0.2";
    private const string Version1 = "https://slsa.dev/provenance/v1";

    public string Type => "slsa";

    public ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        var envelope = DsseEnvelope.Parse(payload);
        if (envelope.PayloadType != PayloadType)
            throw Malformed("payloadType", $"is '{envelope.PayloadType}', must be {PayloadType}");

        var (_, signer) = trust.RequireSigner(Type, envelope.Signatures, at, Structure);
        var statement = InTotoStatement.Parse(envelope.Payload);
        return new([.. statement.Subjects.Select(subject => ($"slsa/{subject.Name}", (JsonNode?)SupplyChainDocument.ToValue(subject.Digests)))])
        {
            Signers = [signer],
            Origin = ReadBuilder(statement),
        };
    }

    private static string ReadBuilder(InTotoStatement statement)
    {
        var builder = statement.PredicateType switch
        {
            Version02 => statement.Predicate.Object("builder"),
            Version1 => statement.Predicate.Object("runDetails").Object("builder"),
            var other => throw Malformed("predicateType", $"is '{other}', must be {Version02} or {Version1}"),
        };
        return builder.Text("id", 1024);
    }

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
