using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Encryption;

/// <summary>
/// The JSON inside ocicrypt's key-provider messages (guest.md 5.4). Byte strings are written as base64 in inputs and as arrays of
/// numbers in outputs, which is what every peer reads; both are read in both.
/// </summary>
public static class KeyProviderProtocol
{
    private const string Where = "key provider message";
    private const int LargestBytes = 1 << 20;

    public sealed record WrapRequest(IReadOnlyDictionary<string, IReadOnlyList<string>> Parameters, byte[] PrivateOptions);

    public static byte[] WriteWrapRequest(string provider, string parameter, ReadOnlySpan<byte> privateOptions) => Write(new JsonObject
    {
        ["op"] = "keywrap",
        ["keywrapparams"] = new JsonObject
        {
            ["ec"] = new JsonObject
            {
                ["Parameters"] = new JsonObject { [provider] = new JsonArray(Convert.ToBase64String(Encoding.UTF8.GetBytes(parameter))) },
                ["DecryptConfig"] = new JsonObject { ["Parameters"] = null },
            },
            ["optsdata"] = Convert.ToBase64String(privateOptions),
        },
        ["keyunwrapparams"] = new JsonObject { ["dc"] = null, ["annotation"] = null },
    });

    public static byte[] WriteUnwrapRequest(string provider, ReadOnlySpan<byte> packet) => Write(new JsonObject
    {
        ["op"] = "keyunwrap",
        ["keywrapparams"] = new JsonObject { ["ec"] = null, ["optsdata"] = null },
        ["keyunwrapparams"] = new JsonObject
        {
            ["dc"] = new JsonObject
            {
                ["Parameters"] = new JsonObject { [provider] = new JsonArray(Convert.ToBase64String(Encoding.UTF8.GetBytes("Enabled"))) },
            },
            ["annotation"] = Convert.ToBase64String(packet),
        },
    });

    public static WrapRequest ReadWrapRequest(ReadOnlySpan<byte> json)
    {
        var root = ReadOperation(json, "keywrap");
        var wrap = OciJson.Object(root, "keywrapparams", Where);
        var parameters = OciJson.FindObject(OciJson.FindObject(wrap, "ec", Where) ?? [], "Parameters", Where) ?? [];
        return new(
            parameters.ToDictionary(
                pair => pair.Key,
                pair => (IReadOnlyList<string>)[.. OciJson.Texts(parameters, pair.Key, 16, Where).Select(text => Encoding.UTF8.GetString(Base64.Decode(text, pair.Key, Where)))]),
            ReadBytes(wrap, "optsdata"));
    }

    /// <summary>The packet to open.</summary>
    public static byte[] ReadUnwrapRequest(ReadOnlySpan<byte> json) =>
        ReadBytes(OciJson.Object(ReadOperation(json, "keyunwrap"), "keyunwrapparams", Where), "annotation");

    public static byte[] WriteWrapResult(ReadOnlySpan<byte> packet) =>
        Write(new JsonObject { ["keywrapresults"] = new JsonObject { ["annotation"] = Numbers(packet) } });

    public static byte[] WriteUnwrapResult(ReadOnlySpan<byte> privateOptions) =>
        Write(new JsonObject { ["keyunwrapresults"] = new JsonObject { ["optsdata"] = Numbers(privateOptions) } });

    public static byte[] ReadWrapResult(ReadOnlySpan<byte> json) =>
        ReadBytes(OciJson.Object(OciJson.Parse(json, Where), "keywrapresults", Where), "annotation");

    public static byte[] ReadUnwrapResult(ReadOnlySpan<byte> json) =>
        ReadBytes(OciJson.Object(OciJson.Parse(json, Where), "keyunwrapresults", Where), "optsdata");

    private static JsonObject ReadOperation(ReadOnlySpan<byte> json, string operation)
    {
        var root = OciJson.Parse(json, Where);
        var found = OciJson.Text(root, "op", Where);
        return found == operation ? root : throw OciJson.Malformed($"'op' is '{found}', must be '{operation}'", Where);
    }

    private static byte[] ReadBytes(JsonObject owner, string member)
    {
        switch (owner[member])
        {
            case JsonValue value when value.TryGetValue<string>(out var text) && text.Length <= LargestBytes:
                return Base64.Decode(text, member, Where);
            case JsonArray numbers when numbers.Count <= LargestBytes:
                return [.. numbers.Select(item => item is JsonValue number && number.TryGetValue<byte>(out var b)
                    ? b
                    : throw OciJson.Malformed($"'{member}' must hold numbers from 0 to 255", Where))];
            default:
                throw OciJson.Malformed($"'{member}' must be base64 or an array of numbers", Where);
        }
    }

    private static JsonArray Numbers(ReadOnlySpan<byte> bytes)
    {
        var array = new JsonArray();
        foreach (var b in bytes)
            array.Add((JsonNode)JsonValue.Create(b));
        return array;
    }

    private static byte[] Write(JsonObject json) => OciJson.Utf8(json);
}
