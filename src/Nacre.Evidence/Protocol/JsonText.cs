using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.Evidence.Protocol;

/// <summary>Compact JSON in UTF-8, without the escapes that only HTML needs.</summary>
public static class JsonText
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Utf8(JsonNode node)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output, s_options))
            node.WriteTo(writer);
        return output.WrittenSpan.ToArray();
    }
}
