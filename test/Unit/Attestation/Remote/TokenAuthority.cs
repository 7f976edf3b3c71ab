using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Attestation.Remote;

/// <summary>Signs attestation tokens as another service does: a key, its certificate and the authority of that.</summary>
internal sealed class TokenAuthority : IDisposable
{
    public static readonly DateTimeOffset At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _leaf;

    public TokenAuthority()
    {
        var authority = new CertificateRequest("CN=token authority", _authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = authority.CreateSelfSigned(At.AddDays(-1), At.AddDays(10));
        var leaf = new CertificateRequest("CN=attestation service", _key, HashAlgorithmName.SHA256);
        _leaf = leaf.Create(Certificate, At.AddDays(-1), At.AddDays(5), [1, 2]);
    }

    public X509Certificate2 Certificate { get; }

    public JsonObject Jwk => EcJwk.From(_key.ExportParameters(false), JsonWebKey.Es256).ToJson();

    public JsonObject CertifiedJwk
    {
        get
        {
            var jwk = Jwk;
            jwk["x5c"] = new JsonArray(Convert.ToBase64String(_leaf.RawData));
            return jwk;
        }
    }

    public JsonObject KeySet(string keyId)
    {
        var jwk = Jwk;
        jwk["kid"] = keyId;
        return new() { ["keys"] = new JsonArray(jwk) };
    }

    public static JsonObject Claims(JsonNode? key = null, string nonce = "n") => new()
    {
        ["exp"] = At.AddMinutes(5).ToUnixTimeSeconds(),
        ["submods"] = new JsonObject
        {
            ["cpu0"] = new JsonObject
            {
                ["ear.status"] = "affirming",
                ["ear.veraison.annotated-evidence"] = new JsonObject
                {
                    ["runtime_data_claims"] = new JsonObject { ["nonce"] = nonce, ["tee-pubkey"] = key?.DeepClone() },
                },
            },
        },
    };

    /// <param name="claims">The payload.</param>
    /// <param name="jwk">Of the header; null for none.</param>
    /// <param name="keyId">Of the header; null for none.</param>
    /// <param name="algorithm">As the header says.</param>
    public string Sign(JsonObject claims, JsonObject? jwk = null, string? keyId = null, string algorithm = JsonWebKey.Es256)
    {
        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = algorithm };
        if (jwk is not null)
            header["jwk"] = jwk.DeepClone();
        if (keyId is not null)
            header["kid"] = keyId;
        var input = $"{Base64UrlText.Encode(JsonText.Utf8(header))}.{Base64UrlText.Encode(JsonText.Utf8(claims))}";
        return $"{input}.{Base64UrlText.Encode(_key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    public void Dispose()
    {
        _authorityKey.Dispose();
        _key.Dispose();
        _leaf.Dispose();
        Certificate.Dispose();
    }
}
