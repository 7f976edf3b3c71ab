using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.Evidence.Protocol;

/// <summary>Compact JSON in UTF-8, without the escapes that only HTML needs.</summary>
public static class JsonText
{
    private const int FirstSize = 4096;
    private const int MaxKept = 64 * 1024;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Growing a buffer for each text was a sixth of all memory that a handshake took.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? s_output;

    public static byte[] Utf8(JsonNode node)
    {
        var output = s_output ?? new ArrayBufferWriter<byte>(FirstSize);
        s_output = null;
        using (var writer = new Utf8JsonWriter(output, s_options))
            node.WriteTo(writer);
        var utf8 = output.WrittenSpan.ToArray();

        // Erased: it may have been a secret.
        output.Clear();
        if (output.Capacity <= MaxKept)
            s_output = output;
        return utf8;
    }
}
