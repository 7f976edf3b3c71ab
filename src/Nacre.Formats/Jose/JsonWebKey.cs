using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Formats.Jose;

/// <summary>
/// A public key as JSON (RFC 7517), in the subset the KBS protocol uses (trust.md 1.6). Members that are not known are refused: both
/// sides hash the key, and a member that one of them drops would make them disagree.
/// </summary>
public abstract record JsonWebKey
{
    public const string EcdhEsA256Kw = "ECDH-ES+A256KW";
    public const string RsaOaep256 = "RSA-OAEP-256";
    public const string Es256 = "ES256";

    private protected JsonWebKey(string algorithm) => Algorithm = algorithm;

    /// <summary>The <c>alg</c> member: the one use this key may be put to.</summary>
    public string Algorithm { get; }

    /// <exception cref="MalformedDataException">A member is missing, unknown, or of the wrong size.</exception>
    public static JsonWebKey Parse(JsonElement element, string structure = "jwk")
    {
        var fields = new JsonFields(structure, element);
        return fields.Text("kty", 16) switch
        {
            "EC" => EcJwk.Parse(fields),
            "RSA" => RsaJwk.Parse(fields),
            "AKP" => AkpJwk.Parse(fields),
            var other => throw fields.Malformed("kty", $"'{other}' is not one of EC, RSA, AKP"),
        };
    }

    public abstract JsonObject ToJson();

    /// <summary>Why nothing can be encrypted to this kind of key on this machine; null when it can.</summary>
    public virtual string? FindProblem() => null;

    /// <summary>RFC 7638 with SHA-256, as base64url: the key's identity, whatever else is said about it.</summary>
    public string Thumbprint() => Base64UrlText.Encode(SHA256.HashData(ThumbprintInput()));

    private protected abstract byte[] ThumbprintInput();
}

/// <summary>An elliptic-curve key on P-256 or P-521; the coordinates have the fixed width of the curve.</summary>
public sealed record EcJwk : JsonWebKey
{
    public EcJwk(string curve, byte[] x, byte[] y, string algorithm)
        : base(algorithm) => (Curve, X, Y) = (curve, x, y);

    public string Curve { get; }
    public byte[] X { get; }
    public byte[] Y { get; }

    public static EcJwk From(ECParameters key, string algorithm) => new(CurveName(key.Q.X!.Length), key.Q.X, key.Q.Y!, algorithm);

    public static int CoordinateSize(string curve) => curve switch
    {
        "P-256" => 32,
        "P-521" => 66,
        _ => throw new MalformedDataException("jwk", "crv", 0, $"'{curve}' is not one of P-256, P-521"),
    };

    /// <summary>The key for the framework; whether the point is on the curve is checked when it is imported.</summary>
    public ECParameters ToParameters() => new() { Curve = NamedCurve(Curve), Q = new ECPoint { X = X, Y = Y } };

    public static ECCurve NamedCurve(string curve) => curve == "P-256" ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP521;

    public override JsonObject ToJson() => new()
    {
        ["alg"] = Algorithm,
        ["crv"] = Curve,
        ["kty"] = "EC",
        ["x"] = Base64UrlText.Encode(X),
        ["y"] = Base64UrlText.Encode(Y),
    };

    internal static EcJwk Parse(JsonFields fields)
    {
        fields.Only("kty", "crv", "alg", "x", "y");
        var curve = fields.Text("crv", 16);
        var size = CoordinateSize(curve);
        var algorithm = fields.Text("alg", 32);
        if (algorithm is not (EcdhEsA256Kw or Es256) || (algorithm == Es256 && curve != "P-256"))
            throw fields.Malformed("alg", $"'{algorithm}' is not {EcdhEsA256Kw}");

        return new EcJwk(curve, Coordinate(fields, "x", size), Coordinate(fields, "y", size), algorithm);
    }

    private protected override byte[] ThumbprintInput() =>
        System.Text.Encoding.UTF8.GetBytes($$"""{"crv":"{{Curve}}","kty":"EC","x":"{{Base64UrlText.Encode(X)}}","y":"{{Base64UrlText.Encode(Y)}}"}""");

    private static byte[] Coordinate(JsonFields fields, string name, int size)
    {
        var bytes = fields.Base64Url(name, size);
        return bytes.Length == size ? bytes : throw fields.Malformed(name, $"must be {size} bytes, is {bytes.Length}");
    }

    private static string CurveName(int size) => size switch
    {
        32 => "P-256",
        66 => "P-521",
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "only P-256 and P-521 are used"),
    };
}

/// <summary>An RSA key of 2048 to 8192 bits.</summary>
public sealed record RsaJwk : JsonWebKey
{
    private const int MinBytes = 256;
    private const int MaxBytes = 1024;

    public RsaJwk(byte[] modulus, byte[] exponent, string algorithm)
        : base(algorithm) => (Modulus, Exponent) = (modulus, exponent);

    public byte[] Modulus { get; }
    public byte[] Exponent { get; }

    public RSAParameters ToParameters() => new() { Modulus = Modulus, Exponent = Exponent };

    public override JsonObject ToJson() => new()
    {
        ["alg"] = Algorithm,
        ["e"] = Base64UrlText.Encode(Exponent),
        ["kty"] = "RSA",
        ["n"] = Base64UrlText.Encode(Modulus),
    };

    internal static RsaJwk Parse(JsonFields fields)
    {
        fields.Only("kty", "alg", "n", "e");
        var algorithm = fields.Text("alg", 32);
        if (algorithm != RsaOaep256)
            throw fields.Malformed("alg", $"'{algorithm}' is not {RsaOaep256}; PKCS#1 v1.5 is not offered");

        var modulus = fields.Base64Url("n", MaxBytes);
        if (modulus.Length < MinBytes || modulus[0] < 0x80)
            throw fields.Malformed("n", "must have 2048 to 8192 bits and no leading zeros");

        // A large exponent costs the server time and gains nothing; an even one is no RSA key.
        var exponent = fields.Base64Url("e", 4);
        if (exponent.Length == 0 || exponent[0] == 0 || (exponent[^1] & 1) == 0 || exponent is [1])
            throw fields.Malformed("e", "must be an odd number above 1, without leading zeros");

        return new RsaJwk(modulus, exponent, algorithm);
    }

    private protected override byte[] ThumbprintInput() =>
        System.Text.Encoding.UTF8.GetBytes($$"""{"e":"{{Base64UrlText.Encode(Exponent)}}","kty":"RSA","n":"{{Base64UrlText.Encode(Modulus)}}"}""");
}
