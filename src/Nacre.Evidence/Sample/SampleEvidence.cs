using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nacre.Formats;

namespace Nacre.Evidence.Sample;

/// <summary>
/// <c>{"svn":"1","report_data":"&lt;base64&gt;"}</c> (evidence.md 15). Proves nothing: it exists so that the protocol can be tried without
/// hardware.
/// </summary>
public sealed record SampleEvidence
{
    private const string Structure = "sample.evidence";
    private const int MaxSize = 4096;
    private const int MaxText = 1024;
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 2 };

    public required string Svn { get; init; }

    /// <summary>As sent, in base64.</summary>
    public required string ReportData { get; init; }

    public static SampleEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > MaxSize)
            throw Malformed("(root)", $"is {utf8.Length} bytes long, at most {MaxSize} are allowed");

        try
        {
            using var document = JsonDocument.Parse(utf8, s_strict);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw Malformed("(root)", "must be an object");

            return new() { Svn = Text(root, "svn"), ReportData = Text(root, "report_data") };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new MalformedDataException(Structure, "(root)", 0, "is not strict JSON", error);
        }
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject { ["svn"] = Svn, ["report_data"] = ReportData }, SampleJsonContext.Default.JsonObject);

    private static string Text(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            throw Malformed(name, "must be a string");

        var text = value.GetString()!;
        return text.Length <= MaxText ? text : throw Malformed(name, $"is {text.Length} characters long, at most {MaxText} are allowed");
    }

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class SampleJsonContext : JsonSerializerContext;
