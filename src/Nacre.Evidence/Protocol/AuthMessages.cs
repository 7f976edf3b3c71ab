using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Protocol;

/// <summary><c>POST /kbs/v0/auth</c>: a guest says what it is and asks for a nonce (trust.md 1.4).</summary>
/// <param name="Version">Of the protocol.</param>
/// <param name="Tee">Wire name of the TEE.</param>
/// <param name="ExtraParameters">Null when it was no object: upstream's clients of older versions send a string.</param>
public sealed record AuthRequest(string Version, string Tee, JsonObject? ExtraParameters)
{
    /// <summary>The hash algorithms the guest can use; null when it did not say.</summary>
    public IReadOnlyList<string>? SupportedHashAlgorithms =>
        (ExtraParameters?["supported-hash-algorithms"] as JsonArray)?
            .Select(item => item is JsonValue value && value.TryGetValue<string>(out var name) ? name.ToLowerInvariant() : "").ToList();

    public static AuthRequest Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "kbs.auth", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.auth", document.RootElement);
        fields.Only("version", "tee", "extra-params");
        var extra = fields.Any("extra-params");
        return new AuthRequest(
            fields.Text("version", 32),
            fields.Text("tee", 64),
            extra.ValueKind == JsonValueKind.Object ? JsonObject.Create(extra.Clone()) : null);
    }

    public byte[] ToUtf8() => JsonText.Utf8(new JsonObject
    {
        ["version"] = Version,
        ["tee"] = Tee,
        ["extra-params"] = ExtraParameters?.DeepClone() ?? new JsonObject(),
    });
}

/// <summary>The reply to it. <c>extra-params</c> is the empty string when there are none, as upstream has it.</summary>
public sealed record AuthChallenge(string Nonce, JsonObject? ExtraParameters)
{
    /// <summary>The hash for report data that the server chose; the default of the protocol is SHA-384.</summary>
    public string HashAlgorithm =>
        ExtraParameters?["selected-hash-algorithm"] is JsonValue value && value.TryGetValue<string>(out var name)
            ? name.ToLowerInvariant() : HashNames.Sha384;

    public static AuthChallenge Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "kbs.challenge", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.challenge", document.RootElement);
        var extra = fields.Any("extra-params");
        return new AuthChallenge(
            fields.Text("nonce", KbsProtocol.MaxNonceLength),
            extra.ValueKind == JsonValueKind.Object ? JsonObject.Create(extra.Clone()) : null);
    }

    public byte[] ToUtf8() => JsonText.Utf8(new JsonObject
    {
        ["nonce"] = Nonce,
        ["extra-params"] = ExtraParameters is null ? JsonValue.Create("") : ExtraParameters.DeepClone(),
    });
}
