using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Protocol;

/// <summary><c>POST /kbs/v0/attest</c>: the evidence (trust.md 1.5).</summary>
public sealed record AttestRequest
{
    private const int MaxDevices = 16;

    public required RuntimeData RuntimeData { get; init; }

    /// <summary>The init-data document as text; null when there is none.</summary>
    public string? InitData { get; init; }

    /// <summary>JSON text in UTF-8, exactly as received.</summary>
    public required byte[] PrimaryEvidence { get; init; }

    /// <summary>Opaque for hashing: empty, or the JSON text of an object with evidence by TEE.</summary>
    public string AdditionalEvidence { get; init; } = "";

    /// <summary>What a TEE needs beyond the protocol of upstream; null when absent.</summary>
    public JsonObject? ExtraParameters { get; init; }

    /// <summary>Whether the primary evidence commits to that of devices too; it does not in protocol 0.2.0, which knows none.</summary>
    public bool BindsDevices { get; private init; } = true;

    /// <summary>The canonical text that the primary evidence commits to (trust.md 1.7).</summary>
    public byte[] PrimaryText() => BindsDevices ? RuntimeData.PrimaryText(AdditionalEvidence) : RuntimeData.DeviceText();

    public static AttestRequest Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "kbs.attest", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.attest", document.RootElement);
        fields.Only("init-data", "runtime-data", "tee-evidence", "extra-params");
        var (primary, additional) = ReadEvidence(fields);
        return new AttestRequest
        {
            RuntimeData = RuntimeData.Parse(fields.Object("runtime-data")),
            InitData = InitDataText(fields),
            PrimaryEvidence = primary,
            AdditionalEvidence = additional,
            ExtraParameters = fields.Find("extra-params") is { ValueKind: JsonValueKind.Object } extra ? JsonObject.Create(extra.Clone()) : null,
        };
    }

    /// <summary>
    /// The body of an older protocol (trust.md 1.13): the key and the evidence alone, in parts since 0.3.0. The nonce is the session's.
    /// </summary>
    /// <param name="utf8">The body.</param>
    /// <param name="version">One of <see cref="OlderProtocols.Safe"/>.</param>
    /// <param name="nonce">Of the session.</param>
    public static AttestRequest ParseOlder(ReadOnlyMemory<byte> utf8, string version, string nonce)
    {
        using var document = StrictJson.Parse(utf8, "kbs.attest", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.attest", document.RootElement);
        fields.Only("tee-pubkey", "tee-evidence");
        var bindsDevices = version != OlderProtocols.V020;
        var (primary, additional) = bindsDevices ? ReadEvidence(fields) : (Raw(fields.Any("tee-evidence")), "");
        return new AttestRequest
        {
            RuntimeData = new RuntimeData(nonce, JsonWebKey.Parse(fields.Any("tee-pubkey"), "kbs.tee-pubkey")),
            PrimaryEvidence = primary,
            AdditionalEvidence = additional,
            BindsDevices = bindsDevices,
        };
    }

    /// <summary>The device evidence by TEE, in the order of the document.</summary>
    public IReadOnlyList<(string Tee, byte[] Evidence)> Devices()
    {
        if (AdditionalEvidence.Length == 0)
            return [];

        using var document = StrictJson.Parse(
            Encoding.UTF8.GetBytes(AdditionalEvidence), "kbs.additional_evidence", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.additional_evidence", document.RootElement);
        var devices = fields.Element.EnumerateObject()
            .Select(member => (member.Name, JsonMarshal.GetRawUtf8Value(member.Value).ToArray())).ToList();
        return devices.Count <= MaxDevices
            ? devices : throw fields.Malformed("(value)", $"has {devices.Count} members, at most {MaxDevices} are allowed");
    }

    public byte[] ToUtf8()
    {
        var body = new JsonObject
        {
            ["init-data"] = InitData is null ? null : new JsonObject { ["format"] = "toml", ["body"] = InitData },
            ["runtime-data"] = RuntimeData.ToJson(),
            ["tee-evidence"] = new JsonObject
            {
                ["primary_evidence"] = JsonNode.Parse(PrimaryEvidence),
                ["additional_evidence"] = AdditionalEvidence,
            },
        };
        if (ExtraParameters is not null)
            body["extra-params"] = ExtraParameters.DeepClone();
        return JsonText.Utf8(body);
    }

    private static (byte[] Primary, string Additional) ReadEvidence(JsonFields fields)
    {
        var evidence = fields.Object("tee-evidence");
        evidence.Only("primary_evidence", "additional_evidence");
        return (Raw(evidence.Any("primary_evidence")), evidence.FindText("additional_evidence", KbsProtocol.MaxMessageBytes) ?? "");
    }

    private static byte[] Raw(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).ToArray();

    private static string? InitDataText(JsonFields fields)
    {
        if (fields.FindObject("init-data") is not { } initData)
            return null;

        initData.Only("format", "body");
        return initData.Text("format", 16) is var format && format == "toml"
            ? initData.Text("body", KbsProtocol.MaxMessageBytes)
            : throw initData.Malformed("format", $"'{format}' is not toml");
    }
}
