using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.Storage;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// Makes the short-lived tokens of administrators, with a key of its own: no token of a guest is ever one of an administrator. The key is
/// in the store, so every process takes what another made.
/// </summary>
public sealed class AdminTokenSigner
{
    private const string Space = "key";
    private const string KeyName = "admin-token-signer";
    private const string Type = "nacre-admin+jwt";
    private const string Name = "nacre";
    private const string Audience = "nacre-admin";

    private static readonly byte[] s_header = JsonText.Utf8(new JsonObject { ["typ"] = Type, ["alg"] = JsonWebKey.Es256 });

    private readonly byte[] _pkcs8;

    private AdminTokenSigner(byte[] pkcs8, string? tenant)
    {
        (_pkcs8, Tenant) = (pkcs8, tenant);
        using var key = Import();
        Issuer = new AdminIssuer([JwtVerificationKey.FromPem(key.ExportSubjectPublicKeyInfoPem())])
        {
            Type = Type,
            Issuer = Name,
            Audience = Audience,
            Leeway = TimeSpan.Zero,
        };
    }

    /// <summary>Takes what is made here.</summary>
    public AdminIssuer Issuer { get; }

    /// <summary>Whose administrators its tokens make; null for the server itself.</summary>
    public string? Tenant { get; }

    /// <param name="store">Of the server, or of the tenant.</param>
    /// <param name="tenant">Null for the server itself.</param>
    /// <param name="cancel">Stops the opening.</param>
    public static async Task<AdminTokenSigner> OpenAsync(IKeyValueStore store, string? tenant, CancellationToken cancel) =>
        new(await store.GetOrCreateAsync(Space, KeyName, MakeKey, cancel), tenant);

    public string Sign(AdminTokenRequest request, string id, DateTimeOffset from, DateTimeOffset until)
    {
        var claims = new JsonObject
        {
            ["iss"] = Name,
            ["aud"] = Audience,
            ["sub"] = request.Subject,
            ["role"] = request.Role,
            ["iat"] = from.ToUnixTimeSeconds(),
            ["nbf"] = from.ToUnixTimeSeconds(),
            ["exp"] = until.ToUnixTimeSeconds(),
            ["jti"] = id,
        };
        if (Tenant is not null)
            claims["tenant"] = Tenant;
        if (request.Path.Length > 0)
            claims["path"] = request.Path;
        if (request.Methods.Count > 0)
            claims["methods"] = new JsonArray([.. request.Methods.Select(method => (JsonNode)method)]);

        using var key = Import();
        return JsonWebToken.SignEs256(key, s_header, JsonText.Utf8(claims));
    }

    private ECDsa Import()
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(_pkcs8, out _);
        return key;
    }

    private static byte[] MakeKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKey();
    }
}
