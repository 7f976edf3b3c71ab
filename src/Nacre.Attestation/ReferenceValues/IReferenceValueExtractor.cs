using System.Text.Json.Nodes;
using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>Reads reference values out of one kind of document.</summary>
internal interface IReferenceValueExtractor
{
    /// <summary>The type of the message (trust.md 4.2).</summary>
    string Type { get; }

    /// <param name="payload">The document.</param>
    /// <param name="trust">Whose documents are believed.</param>
    /// <param name="at">The time at which it must be valid.</param>
    /// <exception cref="MalformedDataException">The document breaks a rule, or nobody who is believed signed it.</exception>
    IReadOnlyList<(string Name, JsonNode? Value)> Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at);
}

internal static class ReferenceValueExtractors
{
    public static IReadOnlyList<IReferenceValueExtractor> All { get; } =
    [
        new SampleExtractor(),
        new InToto.InTotoExtractor(),
    ];
}
