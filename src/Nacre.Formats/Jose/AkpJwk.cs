using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Formats.Jose;

/// <summary>An ML-KEM-768 encapsulation key as "algorithm key pair" (draft-ietf-jose-pqc-kem-05, trust.md 1.6).</summary>
public sealed record AkpJwk : JsonWebKey
{
    public AkpJwk(byte[] publicKey)
        : base(MlKemKeyWrap.Algorithm) => PublicKey = publicKey;

    /// <summary>As FIPS 203 encodes it.</summary>
    public byte[] PublicKey { get; }

    public override JsonObject ToJson() => new()
    {
        ["alg"] = Algorithm,
        ["kty"] = "AKP",
        ["pub"] = Base64UrlText.Encode(PublicKey),
    };

    public override string? FindProblem() => MlKemKeyWrap.FindProblem();

    internal static AkpJwk Parse(JsonFields fields)
    {
        fields.Only("kty", "alg", "pub");
        if (fields.Text("alg", 32) is var algorithm && algorithm != MlKemKeyWrap.Algorithm)
            throw fields.Malformed("alg", $"'{algorithm}' is not {MlKemKeyWrap.Algorithm}");

        var key = fields.Base64Url("pub", MlKemKeyWrap.PublicKeySize);
        if (key.Length != MlKemKeyWrap.PublicKeySize)
            throw fields.Malformed("pub", $"must be {MlKemKeyWrap.PublicKeySize} bytes, is {key.Length}");

        return MlKemKeyWrap.IsReduced(key)
            ? new AkpJwk(key) : throw fields.Malformed("pub", "has a coefficient above 3328 (FIPS 203 section 7.2)");
    }

    private protected override byte[] ThumbprintInput() =>
        Encoding.UTF8.GetBytes($$"""{"alg":"{{Algorithm}}","kty":"AKP","pub":"{{Base64UrlText.Encode(PublicKey)}}"}""");
}
