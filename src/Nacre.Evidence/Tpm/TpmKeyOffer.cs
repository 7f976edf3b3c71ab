using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// Member <c>tpm</c> of the auth request's <c>extra-params</c>: the guest names the key it will sign with, and the TPM it claims to be in.
/// <c>{"ek-certificates":["&lt;base64 DER leaf&gt;", …intermediates],"ak-public":"&lt;base64 TPMT_PUBLIC&gt;"}</c>. A server that does not
/// know it ignores it, as upstream does.
/// </summary>
public sealed record TpmKeyOffer
{
    public const int MaxCertificates = 6;
    public const int MaxCertificateSize = 8 * 1024;

    private const string Structure = "tpm.key_offer";

    /// <summary>DER: the certificate of the endorsement key first, then intermediates in any order.</summary>
    public required IReadOnlyList<byte[]> EkCertificates { get; init; }

    /// <summary>TPMT_PUBLIC of the attestation key.</summary>
    public required byte[] AkPublic { get; init; }

    public static TpmKeyOffer Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, 2 * MaxCertificates * MaxCertificateSize);
        return Parse(document.RootElement);
    }

    /// <summary>Duplicate members are for the owner of the document to refuse (<see cref="JsonDocumentOptions.AllowDuplicateProperties"/>).</summary>
    public static TpmKeyOffer Parse(JsonElement tpm)
    {
        var json = new TpmJson(Structure, tpm, "ek-certificates", "ak-public");
        var listed = json.Array("ek-certificates", MaxCertificates);
        if (listed.Count == 0)
            throw json.Malformed("ek-certificates", "is empty");

        var certificates = new byte[listed.Count][];
        for (var i = 0; i < certificates.Length; i++)
            certificates[i] = json.Base64($"ek-certificates[{i}]", listed[i], MaxCertificateSize);

        return new() { EkCertificates = certificates, AkPublic = json.Base64("ak-public", TpmPublic.MaxSize) };
    }

    public JsonObject ToJson() => new()
    {
        ["ek-certificates"] = new JsonArray([.. EkCertificates.Select(certificate => JsonValue.Create(Convert.ToBase64String(certificate)))]),
        ["ak-public"] = Convert.ToBase64String(AkPublic),
    };
}
