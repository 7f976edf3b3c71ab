using System.Security.Cryptography;
using System.Text;
using Nacre.Formats.Json;

namespace Nacre.Formats.Jose;

/// <summary>A JWT in JWS compact form (RFC 7519, RFC 7515 section 3.1), read but not yet believed.</summary>
public sealed class JsonWebToken
{
    /// <summary>Larger than any token of ours; upstream's may hold the evidence of all GPUs of a machine (trust.md 9.3).</summary>
    public const int MaxLength = 1024 * 1024;
    private const int MaxHeaderBytes = 64 * 1024;

    private readonly byte[] _signed;
    private readonly byte[] _signature;

    private JsonWebToken(byte[] header, byte[] payload, byte[] signed, byte[] signature) =>
        (Header, Payload, _signed, _signature) = (header, payload, signed, signature);

    /// <summary>JSON text of the header, as received.</summary>
    public byte[] Header { get; }

    /// <summary>JSON text of the claims, as received.</summary>
    public byte[] Payload { get; }

    /// <exception cref="MalformedDataException">The text is not three parts of base64url.</exception>
    public static JsonWebToken Parse(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
            throw new MalformedDataException("jwt", "(token)", MaxLength, $"is longer than {MaxLength} characters");

        var first = text.IndexOf('.');
        var second = text.LastIndexOf('.');
        if (first <= 0 || second <= first + 1 || text[(first + 1)..second].Contains('.')
            || !Base64UrlText.TryDecode(text[..first], out var header)
            || !Base64UrlText.TryDecode(text[(first + 1)..second], out var payload)
            || !Base64UrlText.TryDecode(text[(second + 1)..], out var signature))
            throw new MalformedDataException("jwt", "(token)", 0, "must be three parts of base64url with dots between");

        var signed = new byte[second];
        Encoding.ASCII.GetBytes(text[..second], signed);
        return new JsonWebToken(header, payload, signed, signature);
    }

    /// <summary>Whether the signature is by this key with ECDSA P-256 and SHA-256, over the bytes received (RFC 7518 section 3.4).</summary>
    public bool VerifyEs256(ECDsa key) => AlgorithmFor(null, null) == JsonWebKey.Es256
        && key.VerifyData(_signed, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>Whether the signature is by this key, with an algorithm that the key takes, over the bytes received.</summary>
    /// <param name="key">Passed over when both it and the header have a <c>kid</c> and they differ.</param>
    /// <param name="type">What <c>typ</c> must be; null takes any.</param>
    public bool Verify(JwtVerificationKey key, string? type = null) =>
        AlgorithmFor(key.KeyId, type) is { } algorithm && key.Verify(algorithm, _signed, _signature);

    /// <summary>The <c>kid</c> of the header; null when there is none.</summary>
    /// <exception cref="MalformedDataException">The header is no JSON object.</exception>
    public string? ReadKeyId()
    {
        using var header = StrictJson.Parse(Header, "jwt.header", MaxHeaderBytes);
        return new JsonFields("jwt.header", header.RootElement).FindText("kid", 256);
    }

    private string? AlgorithmFor(string? keyId, string? type)
    {
        using var header = StrictJson.Parse(Header, "jwt.header", MaxHeaderBytes);
        var fields = new JsonFields("jwt.header", header.RootElement);
        var isMeant = fields.Find("crit") is null
            && (type is null || fields.FindText("typ", 64) == type)
            && (keyId is null || fields.FindText("kid", 256) is not { } named || named == keyId);
        return isMeant ? fields.Text("alg", 16) : null;
    }

    public static string SignEs256(ECDsa key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var signingInput = $"{Base64UrlText.Encode(header)}.{Base64UrlText.Encode(payload)}";
        var signature = key.SignData(
            Encoding.ASCII.GetBytes(signingInput), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signingInput}.{Base64UrlText.Encode(signature)}";
    }
}
