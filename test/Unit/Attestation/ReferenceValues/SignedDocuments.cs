using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>Documents with reference values and their signers, made for tests.</summary>
internal static class SignedDocuments
{
    public static DateTimeOffset Now { get; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static ReferenceValueTrust Believe(string? type, params ReadOnlySpan<AsymmetricAlgorithm> keys)
    {
        var signers = new List<ReferenceSigner>();
        foreach (var key in keys)
            signers.AddRange(ReferenceSigner.FromPem(type, key.ExportSubjectPublicKeyInfoPem()));
        return new() { Signers = signers };
    }

    /// <summary>The message of the registration, read at <see cref="Now"/>.</summary>
    public static ReferenceValueDocument Read(string type, byte[] document, ReferenceValueTrust trust, DateTimeOffset? at = null)
    {
        var message = new JsonObject { ["version"] = "0.1.0", ["type"] = type, ["payload"] = Convert.ToBase64String(document) };
        return ReferenceValueMessage.Parse(Encoding.UTF8.GetBytes(message.ToJsonString()), trust, at ?? Now);
    }

    public static string Digest(char digit, int digits = 64) => new(digit, digits);

    /// <summary>DSSE by ECDSA, with key ids that say what the test wants them to.</summary>
    public static byte[] Envelope(string statement, ECDsa key, string type = "application/vnd.in-toto+json", string? keyId = null)
    {
        var payload = Encoding.UTF8.GetBytes(statement);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload];
        var signature = new JsonObject
        {
            ["sig"] = Convert.ToBase64String(key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
        };
        if (keyId is not null)
            signature["keyid"] = keyId;
        var envelope = new JsonObject
        {
            ["payloadType"] = type,
            ["payload"] = Convert.ToBase64String(payload),
            ["signatures"] = new JsonArray(signature),
        };
        return Encoding.UTF8.GetBytes(envelope.ToJsonString());
    }

    /// <summary>JWS in compact form with ES256.</summary>
    public static string Compact(string header, string payload, ECDsa key) =>
        JsonWebToken.SignEs256(key, Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload));
}
