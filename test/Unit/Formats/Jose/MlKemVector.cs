using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Formats.Jose;

/// <summary>A JWE for an ML-KEM key that others made, with the secrets inside it (Vectors/ORIGIN.md).</summary>
internal sealed class MlKemVector
{
    private readonly JsonObject _file = JsonNode.Parse(File.ReadAllBytes(Place()))!.AsObject();

    public string PrivateKey => Text("private_key");

    public byte[] SharedSecret => Convert.FromHexString(Text("shared_secret"));

    public byte[] WrappingKey => Convert.FromHexString(Text("wrapping_key"));

    /// <summary>A copy, to be changed.</summary>
    public JsonObject Jwk => _file["jwk"]!.DeepClone().AsObject();

    /// <summary>A copy, to be changed.</summary>
    public JsonObject Jwe => _file["jwe"]!.DeepClone().AsObject();

    public JsonObject Header => JsonNode.Parse(Bytes(Jwe, "protected"))!.AsObject();

    public byte[] Ciphertext => Bytes(Header, "ek");

    public AkpJwk PublicKey => (AkpJwk)Parse(Jwk);

    public static JsonWebKey Parse(JsonObject jwk)
    {
        using var document = JsonDocument.Parse(jwk.ToJsonString());
        return JsonWebKey.Parse(document.RootElement);
    }

    public static byte[] Bytes(JsonObject from, string member) =>
        Base64UrlText.TryDecode((string)from[member]!, out var bytes) ? bytes : throw new InvalidOperationException(member);

    public static byte[] Utf8(JsonObject value) => Encoding.UTF8.GetBytes(value.ToJsonString());

    private string Text(string member) => (string)_file[member]!;

    private static string Place([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Vectors", "ml-kem-768.json");
}
