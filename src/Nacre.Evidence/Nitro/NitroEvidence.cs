using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Nitro;

/// <summary>
/// The evidence of TEE <c>nitro</c> on the wire: <c>{"document":"&lt;base64&gt;"}</c>. CoCo names no such TEE; the form is Nacre's own.
/// </summary>
public static class NitroEvidence
{
    private const string Structure = "nitro.evidence";

    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static NitroDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        using var json = StrictJson.Parse(utf8, Structure, 2 * NitroDocument.MaxSize);
        var root = new JsonFields(Structure, json.RootElement);
        root.Only("document");
        return NitroDocument.Parse(root.Base64("document", NitroDocument.MaxSize));
    }
}
