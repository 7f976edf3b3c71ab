using System.Globalization;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Notation;

/// <summary>A signature as flattened JWS in JSON (Notary Project, signature-envelope-jws.md; RFC 7515, section 7.2.2).</summary>
internal static class JwsEnvelope
{
    private const string Structure = "notation.jws";
    private const string TimestampName = "io.cncf.notary.timestampSignature";
    private const int MostCritical = 16;
    private const int MaxName = 256;
    private static readonly string[] s_times = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <exception cref="MalformedDataException">It is no such envelope.</exception>
    public static NotationEnvelope Parse(ReadOnlyMemory<byte> json)
    {
        using var document = StrictJson.Parse(json, Structure, NotationEnvelope.MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("payload", "protected", "header", "signature");
        var header = root.Object("header");
        var encoded = root.Base64Url("protected", NotationEnvelope.MaxPayload);
        using var signed = StrictJson.Parse(encoded, $"{Structure}.protected", NotationEnvelope.MaxPayload);
        var fields = new JsonFields($"{Structure}.protected", signed.RootElement);
        return new()
        {
            Algorithm = fields.Text("alg", MaxName),
            Attributes = NotationAttributes.Create(Header(fields)),
            Chain = Chain(header),
            Payload = root.Base64Url("payload", NotationEnvelope.MaxPayload),
            Signed = Encoding.ASCII.GetBytes($"{root.Text("protected")}.{root.Text("payload")}"),
            Signature = root.Base64Url("signature", NotationEnvelope.MaxSignature),
            Timestamp = header.Find(TimestampName) is null ? null : header.Base64(TimestampName, NotationEnvelope.MaxTimestamp),
        };
    }

    // Further members are allowed unless they are critical.
    private static NotationHeader Header(JsonFields fields) => new($"{Structure}.protected")
    {
        ContentType = fields.Text("cty", MaxName),
        Critical = Critical(fields),
        Scheme = fields.FindText(NotationAttributes.SchemeName, MaxName),
        SigningTime = Time(fields, NotationAttributes.SigningTimeName),
        AuthenticSigningTime = Time(fields, NotationAttributes.AuthenticSigningTimeName),
        Expiry = Time(fields, NotationAttributes.ExpiryName),
        Plugin = fields.FindText(NotationAttributes.PluginName, MaxName),
    };

    private static string[] Critical(JsonFields fields)
    {
        var names = Texts(fields, "crit", MostCritical);
        return Array.Find(names, name => fields.Find(name) is null) is { } absent
            ? throw fields.Malformed("crit", $"names '{absent}', which is not there")
            : names;
    }

    private static Certificate[] Chain(JsonFields header) =>
    [
        .. Texts(header, "x5c", NotationEnvelope.MostCertificates).Select(text =>
        {
            var der = new byte[text.Length];
            return Convert.TryFromBase64String(text, der, out var length)
                ? Certificate.Parse(der.AsSpan(0, length))
                : throw header.Malformed("x5c", "must hold base64");
        }),
    ];

    private static string[] Texts(JsonFields owner, string name, int most)
    {
        var list = owner.Any(name);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 || list.GetArrayLength() > most)
            throw owner.Malformed(name, $"must be a list of 1 to {most}");
        return
        [
            .. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String && IsWhole(item, out var text)
                ? text
                : throw owner.Malformed(name, "must hold text")),
        ];
    }

    private static bool IsWhole(JsonElement item, out string text)
    {
        try
        {
            text = item.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            text = "";
            return false;
        }
    }

    // RFC 3339, section 5.6: a zone must be there.
    private static DateTimeOffset? Time(JsonFields fields, string name)
    {
        if (fields.FindText(name, 64) is not { } text)
            return null;
        var hasZone = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-');
        return hasZone && DateTimeOffset.TryParseExact(text, s_times, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw fields.Malformed(name, "must be a time by RFC 3339");
    }
}
