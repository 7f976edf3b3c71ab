using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// The evidence of TEE <c>tpm</c> on the wire (evidence.md 7.3):
/// <c>{"tpm_quote":{"signature","message","pcrs":[24 × hex]},"ak_public"}</c>, byte strings in standard base64.
/// </summary>
public sealed record TpmEvidence
{
    public const int PcrCount = 24;
    public const int PcrSize = 32;
    public const int MaxSize = 64 * 1024;

    private const string Structure = "tpm.evidence";
    private const int MaxKey = 1024;
    private static readonly string[] s_pcrFields = [.. Enumerable.Range(0, PcrCount).Select(i => $"pcrs[{i}]")];

    /// <summary>TPMT_SIGNATURE.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>TPMS_ATTEST.</summary>
    public required byte[] Message { get; init; }

    /// <summary>The values of PCR 0 to 23 of the SHA-256 bank, 32 bytes each. True only if the quote's digest says so.</summary>
    public required IReadOnlyList<byte[]> Pcrs { get; init; }

    /// <summary>SubjectPublicKeyInfo of the attestation key. Anyone can make a key: this proves nothing by itself.</summary>
    public required byte[] AkPublic { get; init; }

    public static TpmEvidence Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxSize);
        var root = new TpmJson(Structure, document.RootElement, "tpm_quote", "ak_public");
        var quote = new TpmJson(Structure + ".tpm_quote", root.Member("tpm_quote"), "signature", "message", "pcrs");

        var listed = quote.Array("pcrs", PcrCount);
        if (listed.Count != PcrCount)
            throw quote.Malformed("pcrs", $"has {listed.Count} entries, must have {PcrCount}");

        var pcrs = new byte[PcrCount][];
        for (var i = 0; i < PcrCount; i++)
            pcrs[i] = ReadPcr(quote, s_pcrFields[i], listed[i]);

        return new()
        {
            Signature = quote.Base64("signature", TpmSignature.MaxSize),
            Message = quote.Base64("message", TpmAttest.MaxSize),
            Pcrs = pcrs,
            AkPublic = root.Base64("ak_public", MaxKey),
        };
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(ToNode(), TpmJsonContext.Default.JsonObject);

    private JsonObject ToNode() => new()
    {
        ["tpm_quote"] = new JsonObject
        {
            ["signature"] = Convert.ToBase64String(Signature),
            ["message"] = Convert.ToBase64String(Message),
            ["pcrs"] = new JsonArray([.. Pcrs.Select(pcr => JsonValue.Create(Convert.ToHexStringLower(pcr)))]),
        },
        ["ak_public"] = Convert.ToBase64String(AkPublic),
    };

    private static byte[] ReadPcr(TpmJson quote, string name, JsonElement value)
    {
        var text = quote.Text(name, value, 2 * PcrSize);
        var pcr = new byte[PcrSize];
        return HexText.TryDecode(text, pcr) ? pcr : throw quote.Malformed(name, $"must be {2 * PcrSize} hexadecimal digits of one case");
    }
}
