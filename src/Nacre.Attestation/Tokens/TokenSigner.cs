using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.Attestation.Tokens;

/// <summary>
/// Signs attestation tokens with ES256 and tells whether a token is its own. The key is made once and kept in the store, so that every
/// process that shares the store signs with the same one.
/// </summary>
public sealed class TokenSigner : IDisposable
{
    private const string Space = "key";
    private const string KeyName = "token-signer";
    private const int MaxIdle = 16;

    private readonly byte[] _pkcs8;
    private readonly byte[] _header;
    private readonly ConcurrentBag<ECDsa> _idle = [];

    private TokenSigner(byte[] pkcs8)
    {
        _pkcs8 = pkcs8;
        using var key = Import();
        PublicKey = EcJwk.From(key.ExportParameters(includePrivateParameters: false), JsonWebKey.Es256);
        KeyId = PublicKey.Thumbprint();
        var jwk = PublicKey.ToJson();
        jwk["kid"] = KeyId;
        _header = JsonText.Utf8(new JsonObject { ["typ"] = "JWT", ["alg"] = JsonWebKey.Es256, ["kid"] = KeyId, ["jwk"] = jwk });
    }

    public EcJwk PublicKey { get; }

    /// <summary>RFC 7638 thumbprint of the key.</summary>
    public string KeyId { get; }

    public static async Task<TokenSigner> OpenAsync(IKeyValueStore store, CancellationToken cancel) =>
        new(await store.GetOrCreateAsync(Space, KeyName, MakeKey, cancel));

    public string Sign(JsonObject claims) => Use(key => JsonWebToken.SignEs256(key, _header, JsonText.Utf8(claims)));

    /// <summary>The claims of a token that this signer made and that is valid at <paramref name="at"/>; otherwise null and why.</summary>
    public (JsonObject? Claims, string Problem) Verify(string token, DateTimeOffset at)
    {
        try
        {
            var parsed = JsonWebToken.Parse(token);
            if (!Use(parsed.VerifyEs256))
                return (null, "the token was not signed by this server");

            using var document = StrictJson.Parse(parsed.Payload, "token", JsonWebToken.MaxLength);
            var fields = new JsonFields("token", document.RootElement);
            if (fields.Any("exp").TryGetInt64(out var expires) is false || at.ToUnixTimeSeconds() >= expires)
                return (null, "the token has expired");
            if (fields.Any("nbf").TryGetInt64(out var notBefore) is false || at.ToUnixTimeSeconds() < notBefore)
                return (null, "the token is not valid yet");

            return (JsonObject.Create(document.RootElement.Clone())!, "");
        }
        catch (Exception e) when (e is MalformedDataException or InvalidOperationException)
        {
            return (null, $"the token cannot be read: {e.Message}");
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var key))
            key.Dispose();
        CryptographicOperations.ZeroMemory(_pkcs8);
    }

    // A key object is used by one thread at a time; making one costs more than a signature.
    private T Use<T>(Func<ECDsa, T> work)
    {
        var key = _idle.TryTake(out var idle) ? idle : Import();
        try
        {
            return work(key);
        }
        finally
        {
            if (_idle.Count < MaxIdle)
                _idle.Add(key);
            else
                key.Dispose();
        }
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
