using System.Text.Json;
using System.Text.Unicode;

namespace Nacre.Formats.Json;

/// <summary>
/// JSON from outside: one value, UTF-8, no comments, no trailing commas, no member named twice (two readers could each take another),
/// bounded in size and depth.
/// </summary>
public static class StrictJson
{
    public const int DefaultMaxDepth = 64;

    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false, MaxDepth = DefaultMaxDepth };

    /// <summary>The caller disposes the document and must not change <paramref name="utf8"/> before.</summary>
    /// <exception cref="MalformedDataException">The text breaks one of the rules above; the offset is where.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string structure, int maxBytes)
    {
        if (utf8.Length > maxBytes)
            throw new MalformedDataException(structure, "(document)", maxBytes, $"is {utf8.Length} bytes long, at most {maxBytes} are allowed");

        // The reader looks at the bytes of a string only when it is asked for, which may be far from here.
        if (!Utf8.IsValid(utf8.Span))
            throw new MalformedDataException(structure, "(document)", 0, "is not UTF-8");

        try
        {
            return JsonDocument.Parse(utf8, s_options);
        }
        catch (JsonException e)
        {
            var line = e.LineNumber.GetValueOrDefault() + 1;
            throw new MalformedDataException(
                structure, "(document)", (int)e.BytePositionInLine.GetValueOrDefault(), $"is not strict JSON (line {line}): {FirstSentence(e.Message)}", e);
        }
        catch (InvalidOperationException e)
        {
            // From the search for names that occur twice.
            throw new MalformedDataException(structure, "(document)", 0, "has a name with half of a surrogate pair", e);
        }
    }

    // The framework adds "LineNumber: … | BytePositionInLine: …", which the exception already carries as data.
    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
