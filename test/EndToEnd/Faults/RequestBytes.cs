using System.Globalization;
using System.Text;

namespace Nacre.EndToEndTests.Faults;

/// <summary>What a guest and an administrator really send; malformed requests are made from these.</summary>
/// <param name="Cookie">Of a session, with its name.</param>
/// <param name="Token">Of an attested guest.</param>
/// <param name="AdminToken">Of the administrator.</param>
/// <param name="Evidence">Body of an attest request.</param>
internal sealed record RequestIngredients(string Cookie, string Token, string AdminToken, string Evidence);

/// <summary>Endless requests, nearly all of them wrong, always the same from the same seed.</summary>
internal sealed class RequestBytes(int seed, RequestIngredients good)
{
    private const string Auth = """{"version":"0.4.0","tee":"sample","extra-params":{}}""";
    private const string ReferenceValue = """{"version":"0.1.0","type":"sample","payload":"eyJhIjpbImIiXX0="}""";
    private const string Policy = """{"type":"rego","policy_id":"default_cpu","policy":"cGFja2FnZSBwb2xpY3k"}""";

    private static readonly string[] s_headers =
        ["If-Match", "If-None-Match", "Nacre-Labels", "Nacre-Release-Limit", "Nacre-Release-Until", "Content-Type"];

    private static readonly string[] s_headerValues = ["\"1\"", "a=b, c=d", "once", "2026-12-31T00:00:00Z", "*"];

    private static readonly string[] s_methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"];

    private static readonly string[] s_targets =
    [
        "/kbs/v0/auth", "/kbs/v0/attest", "/kbs/v0/resource/default/key/1", "/kbs/v0/resource//default/key/1", "/kbs/v0/resource-policy",
        "/kbs/v0/attestation-policy", "/kbs/v0/reference-value", "/kbs/v0/admin/policies/attestation/default_cpu", "/kbs/v0/admin/audit?since=2026",
        "/kbs/v0/admin/attempts/1", "/kbs/v0/admin/resource-history/default/key/1", "/.well-known/jwks.json", "/healthz", "/",
    ];

    // What parsers stumble over: ends of ranges, halves of characters, depth, escapes.
    private static readonly string[] s_stumbles =
    [
        "", "0", "-1", "1e999", "18446744073709551616", "null", "true", "\"\"", "{}", "[]", "\\ud800", "\\u0000", "\\", "é", "😀", "\ufeff",
        "%00", "%2f", "%2e%2e", "%", "%zz", "%c0%af", ".", "..", "//", "/../", "=", "==", "eyJhbGciOiJub25lIn0", "\"alg\":\"none\"", "\"alg\":\"dir\"",
    ];

    private readonly Random _random = new(seed);

    /// <summary>One whole request of HTTP/1.1: whatever is wrong with it, the next one can follow.</summary>
    public byte[] Next() => _random.Next(8) switch
    {
        0 => Request(Pick(s_methods), Target(), $"Cookie: {good.Cookie}\r\n", []),
        1 => Request("POST", "/kbs/v0/auth", "", Change(Auth)),
        2 => Request("POST", "/kbs/v0/attest", $"Cookie: {HeaderOf(good.Cookie)}\r\n", Encoding.UTF8.GetBytes(good.Evidence)),
        3 => Request("POST", "/kbs/v0/attest", $"Cookie: {good.Cookie}\r\n", Change(good.Evidence)),
        4 => Request("GET", "/kbs/v0/resource/default/key/1", $"Authorization: Bearer {HeaderOf(good.Token)}\r\n", []),
        5 => Request(
            Pick(s_methods), Pick(s_targets), $"Authorization: {HeaderOf("Bearer " + good.AdminToken)}\r\n{Headers()}",
            Change(Pick([Policy, ReferenceValue]))),
        6 => Request("POST", "/kbs/v0/reference-value", $"Authorization: Bearer {good.AdminToken}\r\n", Change(ReferenceValue)),
        _ => Request("POST", "/kbs/v0/resource/default/key/2", $"Authorization: Bearer {good.AdminToken}\r\n{Headers()}", Change("a secret")),
    };

    /// <summary>A request that breaks the framing itself; nothing can follow on the connection.</summary>
    public byte[] Last()
    {
        var whole = Encoding.Latin1.GetString(Request("POST", "/kbs/v0/auth", "", Encoding.UTF8.GetBytes(Auth)));
        var broken = _random.Next(6) switch
        {
            0 => whole.Replace("Content-Length: ", "Content-Length: 9", StringComparison.Ordinal),
            1 => whole.Replace("Content-Length: ", "Transfer-Encoding: chunked\r\nX: ", StringComparison.Ordinal),
            2 => whole.Replace("HTTP/1.1", Pick(["HTTP/9.9", "HTTP/1.1 HTTP/1.1", "http", ""]), StringComparison.Ordinal),
            3 => whole.Replace("\r\n", Pick(["\n", "\r", "\r\n\r\n", "\0"]), StringComparison.Ordinal),
            4 => whole[.._random.Next(whole.Length)],
            _ => whole.Insert(4, new string('A', _random.Next(40_000))),
        };
        return Scramble(Encoding.Latin1.GetBytes(broken));
    }

    private string Target()
    {
        var target = Pick(s_targets);
        for (var i = _random.Next(1, 4); i > 0; i--)
            target = target.Insert(_random.Next(1, target.Length + 1), Pick(s_stumbles));

        // What the web server itself takes for a target.
        return new string([.. target.Where(c => c is > ' ' and < '\x7f')]);
    }

    private string Headers()
    {
        var headers = new StringBuilder();
        foreach (var name in s_headers)
        {
            if (_random.Next(3) == 0)
                headers.Append(CultureInfo.InvariantCulture, $"{name}: {HeaderOf(Pick(s_headerValues))}\r\n");
        }

        return headers.ToString();
    }

    private string HeaderOf(string text) => new([.. Encoding.Latin1.GetString(Change(text)).Where(c => c is >= ' ' and < '\x7f')]);

    private byte[] Change(string text)
    {
        if (_random.Next(4) == 0)
            return Scramble(Encoding.UTF8.GetBytes(text));
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            var at = _random.Next(text.Length + 1);
            var length = Math.Min(_random.Next(12), text.Length - at);
            text = _random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, text.Substring(at, length)),
                2 => text.Insert(at, string.Concat(Enumerable.Repeat(Pick(["[", "{\"a\":", "("]), _random.Next(200)))),
                _ => text.Remove(at, length).Insert(at, Pick(s_stumbles)),
            };
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private byte[] Scramble(byte[] bytes)
    {
        for (var i = _random.Next(1, 6); i > 0 && bytes.Length > 0; i--)
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
        return bytes;
    }

    private string Pick(ReadOnlySpan<string> from) => from[_random.Next(from.Length)];

    private static byte[] Request(string method, string target, string headers, byte[] body) =>
        [.. Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: nacre\r\n{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];
}
