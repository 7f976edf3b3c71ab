using System.Buffers;
using System.Text.Json.Nodes;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Protocol;

/// <summary>What the evidence commits to: the server's nonce, the guest's public key and, for the primary TEE, the device evidence (trust.md 1.7).</summary>
/// <param name="Nonce">As the server sent it.</param>
/// <param name="TeePublicKey">Secrets are encrypted to this key.</param>
public sealed record RuntimeData(string Nonce, JsonWebKey TeePublicKey)
{
    /// <summary>What device evidence commits to, hashed.</summary>
    public byte[] DeviceDigest(string hash) => Hash(hash, Canonical(additionalEvidence: null));

    /// <summary>What the primary evidence commits to, hashed: the device evidence is bound byte for byte.</summary>
    public byte[] PrimaryDigest(string hash, string additionalEvidence) => Hash(hash, Canonical(additionalEvidence));

    /// <summary>The canonical text that device evidence commits to.</summary>
    public byte[] DeviceText() => Canonical(additionalEvidence: null);

    /// <summary>The canonical text that the primary evidence commits to.</summary>
    public byte[] PrimaryText(string additionalEvidence) => Canonical(additionalEvidence);

    /// <summary>The same as JSON, for the claims of a token. Device evidence itself is never put into a token.</summary>
    public JsonObject ToJson() => new() { ["nonce"] = Nonce, ["tee-pubkey"] = TeePublicKey.ToJson() };

    internal static RuntimeData Parse(JsonFields fields)
    {
        fields.Only("nonce", "tee-pubkey");
        return new RuntimeData(fields.Text("nonce", KbsProtocol.MaxNonceLength), JsonWebKey.Parse(fields.Any("tee-pubkey"), "kbs.tee-pubkey"));
    }

    // RFC 8785; the members are written in their order, and a JsonWebKey already gives its own in order.
    private byte[] Canonical(string? additionalEvidence)
    {
        var output = new ArrayBufferWriter<byte>(512);
        output.Write("{"u8);
        if (additionalEvidence is not null)
        {
            output.Write("\"additional-evidence\":"u8);
            CanonicalJson.WriteString(output, additionalEvidence);
            output.Write(","u8);
        }

        output.Write("\"nonce\":"u8);
        CanonicalJson.WriteString(output, Nonce);
        output.Write(",\"tee-pubkey\":"u8);
        output.Write(JsonText.Utf8(TeePublicKey.ToJson()));
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Of one of the canonical texts.</summary>
    /// <exception cref="ArgumentException">The hash is none of <see cref="HashNames.All"/>.</exception>
    public static byte[] Hash(string hash, byte[] data) =>
        HashNames.TryHash(hash, data) ?? throw new ArgumentException($"'{hash}' is not one of {string.Join(", ", HashNames.All)}", nameof(hash));
}
