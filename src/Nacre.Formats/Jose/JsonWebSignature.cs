using System.Text;
using System.Text.Json;
using Nacre.Formats.Json;
using Nacre.Formats.X509;

namespace Nacre.Formats.Jose;

/// <summary>
/// Signed content (RFC 7515, section 7): compact, or JSON with one signature (flattened) or several (general). Reading it proves nothing. Of the
/// headers only the protected ones are looked at; unencoded payloads (RFC 7797) are refused with everything else that <c>crit</c> names.
/// </summary>
public sealed class JsonWebSignature
{
    public const int MaxBytes = 4 * 1024 * 1024;

    private const string Structure = "jws";
    private const int MaxSignatures = 16;

    private JsonWebSignature(byte[] payload, IReadOnlyList<JwsSignature> signatures) => (Payload, Signatures) = (payload, signatures);

    public byte[] Payload { get; }

    /// <summary>At least one.</summary>
    public IReadOnlyList<JwsSignature> Signatures { get; }

    /// <exception cref="MalformedDataException">It is in none of the three forms.</exception>
    public static JsonWebSignature Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
            throw Malformed("(document)", $"is {utf8.Length} bytes long, at most {MaxBytes} are allowed");

        var text = utf8.Span.Trim(" \t\r\n"u8);
        return text.StartsWith("{"u8) ? ParseJson(utf8) : ParseCompact(Encoding.Latin1.GetString(text));
    }

    private static JsonWebSignature ParseCompact(string text) => text.Split('.') is [var header, var payload, var signature]
        ? new(Decode("payload", payload), [Read(header, payload, signature)])
        : throw Malformed("(document)", "must be three parts of base64url with dots between, or JSON");

    private static JsonWebSignature ParseJson(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        var isGeneral = fields.Find("signatures") is not null;
        if (isGeneral)
            fields.Only("payload", "signatures");

        var payload = fields.Text("payload", MaxBytes);
        JsonFields[] entries = isGeneral
            ? [.. fields.Array("signatures", MaxSignatures).Select(entry => new JsonFields("jws.signature", entry))] : [fields];
        if (entries.Length == 0)
            throw fields.Malformed("signatures", "is empty");

        return new(Decode("payload", payload), [.. entries.Select(entry => ReadEntry(entry, payload, isGeneral))]);
    }

    private static JwsSignature ReadEntry(JsonFields entry, string payload, bool isGeneral)
    {
        entry.Only(isGeneral ? ["protected", "header", "signature"] : ["payload", "protected", "header", "signature"]);
        return Read(entry.Text("protected"), payload, entry.Text("signature", 4096));
    }

    private static JwsSignature Read(string header, string payload, string signature) => JwsSignature.Parse(
        Decode("protected", header), Encoding.ASCII.GetBytes($"{header}.{payload}"), Decode("signature", signature));

    private static byte[] Decode(string field, string text) =>
        Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw Malformed(field, "must be base64url without padding");

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}

/// <summary>One signature over the payload, with its own protected header.</summary>
public sealed class JwsSignature
{
    private const string Structure = "jws.protected";
    private const int MaxHeaderBytes = 64 * 1024;
    private const int MaxCertificates = 8;

    private readonly byte[] _signed;
    private readonly byte[] _signature;
    private readonly string _algorithm;

    private JwsSignature(string algorithm, byte[] signed, byte[] signature) => (_algorithm, _signed, _signature) = (algorithm, signed, signature);

    /// <summary>The member <c>typ</c>; null when there is none.</summary>
    public string? Type { get; private init; }

    /// <summary>The member <c>exp</c>, seconds since 1970 as in a JWT (RFC 7519, section 5.3); null when there is none.</summary>
    public DateTimeOffset? Expires { get; private init; }

    /// <summary>What <c>x5c</c> carries, the certificate of the key first; empty when it is absent.</summary>
    public IReadOnlyList<Certificate> Certificates { get; private init; } = [];

    /// <summary>Whether the key made this signature, with an algorithm that the key takes.</summary>
    public bool Verify(JwtVerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Verify(_algorithm, _signed, _signature);
    }

    internal static JwsSignature Parse(byte[] header, byte[] signed, byte[] signature)
    {
        using var document = StrictJson.Parse(header, Structure, MaxHeaderBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        if (fields.Element.TryGetProperty("crit", out _))
            throw fields.Malformed("crit", "names what must be understood, and nothing is here");

        return new(fields.Text("alg", 16), signed, signature)
        {
            Type = fields.FindText("typ", 64),
            Expires = fields.Find("exp") is { } expires ? Time(fields, expires) : null,
            Certificates = fields.Find("x5c") is null ? [] : ReadCertificates(fields),
        };
    }

    private static DateTimeOffset Time(JsonFields fields, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : throw fields.Malformed("exp", "must be whole seconds since 1970");

    // Base64 with padding, not base64url (RFC 7515, section 4.1.6).
    private static Certificate[] ReadCertificates(JsonFields fields)
    {
        var certificates = new List<Certificate>();
        foreach (var text in fields.Texts("x5c", MaxCertificates))
        {
            var der = new byte[Certificate.MaxSize];
            if (!Convert.TryFromBase64String(text, der, out var length))
                throw fields.Malformed("x5c", $"must hold base64 of certificates of at most {der.Length} bytes");
            certificates.Add(Certificate.Parse(der.AsSpan(0, length)));
        }

        return [.. certificates];
    }
}
