using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// Member <c>tpm</c> of the auth reply's <c>extra-params</c>: a secret that only the TPM with that endorsement key can open, and only if
/// it also holds the attestation key. <c>{"credential-blob":"&lt;base64&gt;","encrypted-secret":"&lt;base64&gt;"}</c>.
/// </summary>
public sealed record TpmCredential
{
    public const int MaxBlob = 256;
    public const int MaxSecret = 512;

    private const string Structure = "tpm.credential";

    /// <summary>Contents of TPM2B_ID_OBJECT, without its length.</summary>
    public required byte[] CredentialBlob { get; init; }

    /// <summary>Contents of TPM2B_ENCRYPTED_SECRET, without its length.</summary>
    public required byte[] EncryptedSecret { get; init; }

    public static TpmCredential Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, 4 * (MaxBlob + MaxSecret));
        return Parse(document.RootElement);
    }

    public static TpmCredential Parse(JsonElement tpm)
    {
        var json = new TpmJson(Structure, tpm, "credential-blob", "encrypted-secret");
        return new() { CredentialBlob = json.Base64("credential-blob", MaxBlob), EncryptedSecret = json.Base64("encrypted-secret", MaxSecret) };
    }

    public JsonObject ToJson() => new()
    {
        ["credential-blob"] = Convert.ToBase64String(CredentialBlob),
        ["encrypted-secret"] = Convert.ToBase64String(EncryptedSecret),
    };
}
