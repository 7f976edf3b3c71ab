using System.Text.Json.Nodes;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>What was read out of one document, whose signature, if it must have one, is of somebody who is believed.</summary>
/// <param name="Values">By name, each once.</param>
public sealed record ExtractedValues(IReadOnlyList<(string Name, JsonNode? Value)> Values)
{
    /// <summary>Fingerprints of the keys that signed, as <see cref="SupplyChainKey.Fingerprint"/>; empty for documents without signatures.</summary>
    public IReadOnlyList<string> Signers { get; init; } = [];

    /// <summary>Who made it by its own words, such as a builder of SLSA; null when it says nothing.</summary>
    public string? Origin { get; init; }

    /// <summary>When it ends by its own words; null when it does not.</summary>
    public DateTimeOffset? Expires { get; init; }
}

/// <summary>A message that registers reference values, read and believed.</summary>
/// <param name="Type">Of the document, such as <c>slsa</c>.</param>
/// <param name="Digest"><c>sha256:</c> and the hash of the document, as received.</param>
/// <param name="Extracted">What is in it.</param>
public sealed record ReferenceValueDocument(string Type, string Digest, ExtractedValues Extracted)
{
    /// <summary>The values are kept, but count for nothing until they are activated.</summary>
    public bool IsStaged { get; init; }

    /// <summary>When the values end by the word of who registers them; null for a year from now.</summary>
    public DateTimeOffset? Expiration { get; init; }
}
