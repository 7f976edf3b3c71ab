using System.Security.Cryptography;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

/// <summary>Digests and HMACs. MD5 and SHA-1 are part of the language; what they are good for is the policy's business.</summary>
internal static class Hashes
{
#pragma warning disable CA5350, CA5351 // The language has them.
    public static readonly Builtin[] List =
    [
        new("crypto.md5", 1, (c, a) => Hex(c, MD5.HashData(Bytes(a, 0)))),
        new("crypto.sha1", 1, (c, a) => Hex(c, SHA1.HashData(Bytes(a, 0)))),
        new("crypto.sha256", 1, (c, a) => Hex(c, SHA256.HashData(Bytes(a, 0)))),
        new("crypto.hmac.md5", 2, (c, a) => Hex(c, HMACMD5.HashData(Bytes(a, 1), Bytes(a, 0)))),
        new("crypto.hmac.sha1", 2, (c, a) => Hex(c, HMACSHA1.HashData(Bytes(a, 1), Bytes(a, 0)))),
        new("crypto.hmac.sha256", 2, (c, a) => Hex(c, HMACSHA256.HashData(Bytes(a, 1), Bytes(a, 0)))),
        new("crypto.hmac.sha512", 2, (c, a) => Hex(c, HMACSHA512.HashData(Bytes(a, 1), Bytes(a, 0)))),
        new("crypto.hmac.equal", 2, (_, a) => RegoBool.From(CryptographicOperations.FixedTimeEquals(Bytes(a, 0), Bytes(a, 1)))),
    ];
#pragma warning restore CA5350, CA5351

    private static byte[] Bytes(ReadOnlySpan<RegoValue> a, int at) => GoText.ToBytes(a.Text(at));

    private static RegoString Hex(BuiltinCall call, byte[] digest) => call.Text(Convert.ToHexStringLower(digest));
}
