using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// Products of a verified supply chain. The payload is <c>{"version":"0.9","files":{path: base64}}</c>, as upstream's was, with the paths
/// that in-toto gives its files; the values are named <c>in-toto/STEP/PATH</c>, each an array of digests. Steps of layouts within give none.
/// </summary>
internal sealed class InTotoExtractor : IReferenceValueExtractor
{
    public string Type => "in-toto";

    public ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        using var document = StrictJson.Parse(payload, "in-toto.payload", ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields("in-toto.payload", document.RootElement);
        fields.Only("version", "line_normalization", "files");
        if (fields.Text("version", 8) is not "0.9")
            throw fields.Malformed("version", "must be 0.9");

        var files = fields.Object("files");
        var owners = trust.LayoutOwners(Type);
        var chain = InTotoSupplyChain.Verify(
            files.Element.EnumerateObject().ToDictionary(file => file.Name, file => files.Base64(file.Name, InTotoMetadata.MaxBytes)),
            owners, at);
        if (chain.SkippedInspections > 0 && !trust.AcceptSkippedInspections)
            throw fields.Malformed("inspect", $"has {chain.SkippedInspections} inspections, which are not run here: configure that they may be skipped");

        return new([.. chain.Links.SelectMany(step => step.Value.Products.Select(product =>
            ($"in-toto/{step.Key}/{product.Key}", (JsonNode?)SupplyChainDocument.ToValue(product.Value))))])
        {
            Signers = [.. owners.Select(owner => owner.Fingerprint)],
            Expires = chain.Expires,
        };
    }
}
