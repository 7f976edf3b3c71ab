using System.Text.Json;
using Nacre.Formats;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Claims sets that another project writes as JSON, turned into the CBOR that tokens carry, so that the one parser judges both.</summary>
internal static class CcaJsonClaims
{
    private static readonly Dictionary<string, int> s_labels = new()
    {
        ["cca-platform-profile"] = 265,
        ["cca-platform-challenge"] = 10,
        ["cca-platform-implementation-id"] = 2396,
        ["cca-platform-instance-id"] = 256,
        ["cca-platform-config"] = 2401,
        ["cca-platform-lifecycle"] = 2395,
        ["cca-platform-sw-components"] = 2399,
        ["cca-platform-service-indicator"] = 2400,
        ["cca-platform-hash-algo-id"] = 2402,
        ["cca-realm-profile"] = 265,
        ["cca-realm-challenge"] = 10,
        ["cca-realm-personalization-value"] = 44235,
        ["cca-realm-hash-algo-id"] = 44236,
        ["cca-realm-public-key"] = 44237,
        ["cca-realm-initial-measurement"] = 44238,
        ["cca-realm-extensible-measurements"] = 44239,
        ["cca-realm-public-key-hash-algo-id"] = 44240,
        ["measurement-type"] = 1,
        ["measurement-value"] = 2,
        ["version"] = 4,
        ["signer-id"] = 5,
    };

    private static readonly string[] s_texts =
    [
        "cca-platform-profile", "cca-realm-profile", "cca-platform-service-indicator", "cca-platform-hash-algo-id", "cca-realm-hash-algo-id",
        "cca-realm-public-key-hash-algo-id", "measurement-type", "version",
    ];

    public static byte[] ToCbor(JsonElement claims) => Map(claims);

    private static byte[] Map(JsonElement value) => CborBytes.Map(
        [.. value.EnumerateObject().Select(member => (CborBytes.Integer(s_labels[member.Name]), Value(member.Name, member.Value)))]);

    private static byte[] Value(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => CborBytes.Integer(value.GetInt64()),
        JsonValueKind.Object => Map(value),
        JsonValueKind.Array => CborBytes.Array([.. value.EnumerateArray().Select(item => Value(name, item))]),
        _ when s_texts.Contains(name) => CborBytes.Text(value.GetString()!),
        _ => Bytes(value.GetString()!),
    };

    private static byte[] Bytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length)
            ? CborBytes.Bytes(bytes[..length]) : throw new MalformedDataException("cca.json", "(bytes)", 0, "is not base64");
    }
}

internal static class DocumentedErrors
{
    /// <summary>The only exceptions that a parser of evidence may throw.</summary>
    public static void RequireDocumented(this Exception error) => Assert.IsType<MalformedDataException>(error);
}
