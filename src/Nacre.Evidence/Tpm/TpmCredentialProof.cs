using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// Member <c>tpm</c> of the attest body's <c>extra-params</c>: <c>{"credential-proof":"&lt;base64&gt;"}</c>, HMAC-SHA256 with the activated
/// secret over the report data of the same handshake. So the proof holds for one nonce and one TEE key, and the secret never travels.
/// </summary>
public sealed record TpmCredentialProof
{
    public const int Size = 32;

    private const string Structure = "tpm.credential_proof";

    public required byte[] Proof { get; init; }

    /// <param name="secret">What ActivateCredential returned.</param>
    /// <param name="reportData">The full report-data digest that the quote commits to.</param>
    public static TpmCredentialProof Compute(SecretBytes secret, ReadOnlySpan<byte> reportData)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new() { Proof = HMACSHA256.HashData(secret.Reveal(), reportData) };
    }

    public bool Matches(SecretBytes secret, ReadOnlySpan<byte> reportData) =>
        CryptographicOperations.FixedTimeEquals(Compute(secret, reportData).Proof, Proof);

    public static TpmCredentialProof Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, 256);
        return Parse(document.RootElement);
    }

    public static TpmCredentialProof Parse(JsonElement tpm)
    {
        var json = new TpmJson(Structure, tpm, "credential-proof");
        var proof = json.Base64("credential-proof", Size);
        return proof.Length == Size ? new() { Proof = proof } : throw json.Malformed("credential-proof", $"must be {Size} bytes long");
    }

    public JsonObject ToJson() => new() { ["credential-proof"] = Convert.ToBase64String(Proof) };
}
