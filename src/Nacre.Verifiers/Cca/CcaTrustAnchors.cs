using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Cca;

/// <summary>
/// The attestation keys (CPAK) of the platforms that are believed, each for one instance of one implementation. Arm has no root: whoever
/// owns the platforms supplies these.
/// </summary>
public sealed class CcaTrustAnchors
{
    private const string Structure = "cca.ta_store";
    private const int MaxBytes = 16 * 1024 * 1024;

    private readonly Dictionary<string, VerificationKey> _keys;

    internal CcaTrustAnchors(Dictionary<string, VerificationKey> keys) => _keys = keys;

    /// <summary>No platform is believed.</summary>
    public static CcaTrustAnchors None { get; } = new([]);

    public int Count => _keys.Count;

    /// <summary>Upstream's trust anchor store: <c>[{"implementation-id":hex,"instance-id":hex,"pkey":JWK}]</c>.</summary>
    /// <exception cref="MalformedDataException">The text is no such store, or names an instance twice.</exception>
    public static CcaTrustAnchors FromJson(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxBytes);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            throw new MalformedDataException(Structure, "(document)", 0, "must be an array");

        var keys = new Dictionary<string, VerificationKey>();
        foreach (var element in document.RootElement.EnumerateArray())
        {
            var fields = new JsonFields(Structure, element);
            fields.Only("implementation-id", "instance-id", "pkey");
            if (!keys.TryAdd(Name(Hex(fields, "implementation-id", 32), Hex(fields, "instance-id", 33)), ReadKey(fields.Object("pkey"))))
                throw fields.Malformed("instance-id", "stands in the store twice");
        }

        return new(keys);
    }

    internal VerificationKey? Find(byte[] implementationId, byte[] instanceId) => _keys.GetValueOrDefault(Name(implementationId, instanceId));

    internal static string Name(byte[] implementationId, byte[] instanceId) =>
        $"{Convert.ToHexStringLower(implementationId)}/{Convert.ToHexStringLower(instanceId)}";

    private static VerificationKey ReadKey(JsonFields jwk)
    {
        var (curve, size) = jwk.Text("kty", 8) != "EC" ? throw jwk.Malformed("kty", "must be EC") : jwk.Text("crv", 8) switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            var other => throw jwk.Malformed("crv", $"'{other}' is not one of P-256, P-384, P-521"),
        };
        var (x, y) = (jwk.Base64Url("x", size), jwk.Base64Url("y", size));
        return x.Length == size && y.Length == size ? VerificationKey.FromPoint(curve, x, y) : throw jwk.Malformed("x", $"and y must have {size} bytes");
    }

    private static byte[] Hex(JsonFields fields, string name, int size)
    {
        var bytes = new byte[size];
        return HexText.TryDecode(fields.Text(name, 2 * size), bytes)
            ? bytes : throw fields.Malformed(name, $"must be {size} bytes in hexadecimal");
    }
}
