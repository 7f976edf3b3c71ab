using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Nvidia;

/// <summary>
/// An answer of NVIDIA's remote attestation service (evidence.md 13.2): <c>[["JWT", overall], {device: EAT, …}]</c>, where the overall
/// token names each device's token by its digest. Parsed is not verified: whose key signed the tokens is another question.
/// </summary>
public sealed class NrasResponse
{
    public const int MaxSize = 1024 * 1024;

    private const string Structure = "nras.response";
    private const int MaxDevices = 64;

    private NrasResponse(JsonWebToken overall, IReadOnlyDictionary<string, JsonWebToken> devices) =>
        (Overall, Devices) = (overall, devices);

    public JsonWebToken Overall { get; }

    /// <summary>Tokens by the service's name of the device, such as <c>GPU-0</c>. Each is the one that the overall token names.</summary>
    public IReadOnlyDictionary<string, JsonWebToken> Devices { get; }

    /// <exception cref="MalformedDataException">The text is no such answer, or its tokens are not those that the overall token
    /// names.</exception>
    public static NrasResponse Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        if (document.RootElement is not { ValueKind: JsonValueKind.Array } root || root.GetArrayLength() != 2
            || root[0] is not { ValueKind: JsonValueKind.Array } pair || pair.GetArrayLength() != 2
            || pair[0] is not { ValueKind: JsonValueKind.String } kind || !kind.ValueEquals("JWT")
            || pair[1].ValueKind != JsonValueKind.String)
            throw new MalformedDataException(Structure, "(value)", 0, "must be [[\"JWT\", token], {device: token}]");

        var overall = JsonWebToken.Parse(pair[1].GetString());
        using var payload = StrictJson.Parse(overall.Payload, "nras.overall", MaxSize);
        var named = new JsonFields("nras.overall", payload.RootElement).Object("submods");
        var fields = new JsonFields(Structure, root[1]);
        var devices = new Dictionary<string, JsonWebToken>();
        foreach (var device in fields.Element.EnumerateObject().Select(member => member.Name))
        {
            var text = fields.Text(device, JsonWebToken.MaxLength);
            if (devices.Count == MaxDevices || !IsNamed(named, device, text))
                throw fields.Malformed("(device)",
                    $"is not named by the overall token with this digest, or is one of more than {MaxDevices}");
            devices.Add(device, JsonWebToken.Parse(text));
        }

        return devices.Count > 0 && devices.Count == named.Element.EnumerateObject().Count()
            ? new(overall, devices) : throw new MalformedDataException(Structure, "(devices)", 0, "are not those of the overall token");
    }

    // EAT, section 4.2.18.2: ["DIGEST", ["SHA-256", hexadecimal]].
    private static bool IsNamed(JsonFields named, string device, string token) =>
        named.Find(device) is { ValueKind: JsonValueKind.Array } entry && entry.GetArrayLength() == 2
        && entry[0] is { ValueKind: JsonValueKind.String } kind && kind.ValueEquals("DIGEST")
        && entry[1] is { ValueKind: JsonValueKind.Array } digest && digest.GetArrayLength() == 2
        && digest[0] is { ValueKind: JsonValueKind.String } hash && hash.ValueEquals("SHA-256")
        && digest[1] is { ValueKind: JsonValueKind.String } value
        && value.ValueEquals(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))));
}
