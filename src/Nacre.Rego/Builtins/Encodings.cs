using System.Globalization;
using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

internal static class Encodings
{
    public static readonly Builtin[] List =
    [
        new("base64.encode", 1, (c, a) => c.Text(Convert.ToBase64String(GoText.ToBytes(a.Text(0))))),
        new("base64.decode", 1, (c, a) => c.Text(GoText.FromBytes(GoBase64.Decode(a.Text(0), url: false, padded: true)))),
        new("base64.is_valid", 1, (_, a) => RegoBool.From(IsBase64(a[0]))),
        new("base64url.encode", 1, (c, a) => c.Text(Url(a.Text(0)))),
        new("base64url.encode_no_pad", 1, (c, a) => c.Text(Url(a.Text(0)).TrimEnd('='))),
        new("base64url.decode", 1, (c, a) => c.Text(GoText.FromBytes(GoBase64.Decode(a.Text(0), url: true, padded: a.Text(0).Contains('='))))),
        new("hex.encode", 1, (c, a) => c.Text(Convert.ToHexStringLower(GoText.ToBytes(a.Text(0))))),
        new("hex.decode", 1, (c, a) => c.Text(GoText.FromBytes(FromHex(a.Text(0))))),
        new("urlquery.encode", 1, (c, a) => c.Text(QueryEscape(a.Text(0)))),
        new("urlquery.decode", 1, (c, a) => c.Text(QueryUnescape(a.Text(0)))),
        new("urlquery.encode_object", 1, (c, a) => c.Text(EncodeObject(a.Object(0)))),
        new("urlquery.decode_object", 1, (_, a) => DecodeObject(a.Text(0))),
    ];

    public static byte[] FromHex(string text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigit(c))
                throw new RegoBuiltinException($"encoding/hex: invalid byte: U+{(int)c:X4} '{c}'");

        return text.Length % 2 == 0 ? Convert.FromHexString(text) : throw new RegoBuiltinException("encoding/hex: odd length hex string");
    }

    private static bool IsBase64(RegoValue value)
    {
        try
        {
            return value is RegoString text && GoBase64.Decode(text.Value, url: false, padded: true) is not null;
        }
        catch (RegoBuiltinException)
        {
            return false;
        }
    }

    private static string Url(string text) => Convert.ToBase64String(GoText.ToBytes(text)).Replace('+', '-').Replace('/', '_');

    private static string QueryEscape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var b in GoText.ToBytes(text))
            if (b == ' ')
                escaped.Append('+');
            else if (char.IsAsciiLetterOrDigit((char)b) || "-_.~".Contains((char)b))
                escaped.Append((char)b);
            else
                escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));

        return escaped.ToString();
    }

    private static string QueryUnescape(string text)
    {
        var bytes = new List<byte>();
        var source = GoText.ToBytes(text);
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '+')
                bytes.Add((byte)' ');
            else if (source[i] != '%')
                bytes.Add(source[i]);
            else if (i + 2 < source.Length && char.IsAsciiHexDigit((char)source[i + 1]) && char.IsAsciiHexDigit((char)source[i + 2]))
            {
                bytes.Add(Convert.FromHexString(Encoding.ASCII.GetString(source, i + 1, 2))[0]);
                i += 2;
            }
            else
                throw new RegoBuiltinException($"invalid URL escape {TermText.Quote(GoText.FromBytes(source.AsSpan(i, Math.Min(3, source.Length - i))))}");
        }

        return GoText.FromBytes([.. bytes]);
    }

    private static string EncodeObject(RegoObject members)
    {
        var pairs = new List<string>();
        for (var i = 0; i < members.Count; i++)
        {
            if (members.KeySpan[i] is not RegoString key)
                throw Operands.WrongType(0, members.KeySpan[i], "string");
            var values = members.ValueSpan[i] switch
            {
                RegoString text => [text],
                RegoArray array => array.Items,
                RegoSet set => set.Items,
                var other => throw Operands.WrongType(0, other, "string", "array", "set"),
            };
            foreach (var value in values)
                pairs.Add(QueryEscape(key.Value) + "=" + QueryEscape(value is RegoString text ? text.Value : throw Operands.WrongType(0, value, "string")));
        }

        return string.Join('&', pairs);
    }

    private static RegoObject DecodeObject(string text)
    {
        var values = new Dictionary<string, List<RegoValue>>();
        foreach (var part in text.Split('&'))
        {
            if (part.Contains(';'))
                throw new RegoBuiltinException("invalid semicolon separator in query");
            if (part.Length == 0)
                continue;
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = QueryUnescape(equals < 0 ? part : part[..equals]);
            if (!values.TryGetValue(key, out var list))
                values.Add(key, list = []);
            list.Add(new RegoString(equals < 0 ? "" : QueryUnescape(part[(equals + 1)..])));
        }

        return RegoObject.From(values.Select(entry => KeyValuePair.Create(entry.Key, (RegoValue)RegoArray.From(entry.Value))));
    }
}
