using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Protocol;

/// <summary>The body of every reply that is not a success (trust.md 1.10), with our addition: the id of the recorded attempt.</summary>
/// <param name="Type">A name such as <c>PolicyDeny</c>; on the wire behind <see cref="KbsProtocol.ErrorTypePrefix"/>.</param>
/// <param name="Detail">For people.</param>
/// <param name="Reference">Under which the server's operator finds the whole story; null when none was recorded.</param>
public sealed record ErrorInformation(string Type, string Detail, string? Reference = null)
{
    private const int MaxBytes = 64 * 1024;

    public byte[] ToUtf8()
    {
        var body = new JsonObject { ["type"] = KbsProtocol.ErrorTypePrefix + Type, ["detail"] = Detail };
        if (Reference is not null)
            body["reference"] = Reference;
        return JsonText.Utf8(body);
    }

    /// <summary>Null when the body is something else, such as the page of a proxy.</summary>
    public static ErrorInformation? TryParse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = StrictJson.Parse(utf8, "kbs.error", MaxBytes);
            var fields = new JsonFields("kbs.error", document.RootElement);
            var type = fields.Text("type", 512);
            return new ErrorInformation(type[(type.LastIndexOf('/') + 1)..], fields.Text("detail"), fields.FindText("reference", 128));
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }
}
