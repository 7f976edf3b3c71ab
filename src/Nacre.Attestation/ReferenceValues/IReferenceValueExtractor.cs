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
    ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at);
}

/// <summary>The kinds of documents that bring reference values.</summary>
public static class ReferenceValueExtractors
{
    internal static IReadOnlyList<IReferenceValueExtractor> All { get; } =
    [
        new SampleExtractor(),
        new InToto.InTotoExtractor(),
        new Slsa.SlsaExtractor(),
        new Corim.CorimExtractor(),
        new Swid.SwidExtractor(),
        new SignedJson.SignedJsonExtractor(),
    ];

    /// <summary>The types of messages, as they are written.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. All.Select(extractor => extractor.Type)];
}
