using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;

namespace Nacre.Attestation.Tokens;

/// <summary>The ring of one moment, ready to sign and to check; immutable.</summary>
internal sealed class LoadedTokenKeys : IDisposable
{
    private readonly Dictionary<string, (JwtSigningKey Key, DateTimeOffset? Until)> _known = [];
    private readonly JwtSigningKey _signing;
    private readonly byte[] _header;

    /// <param name="ring">As stored.</param>
    /// <param name="version">Of the stored row.</param>
    /// <param name="options">A key given there signs instead of the ring's.</param>
    /// <param name="before">Keys are taken over from it: others may be signing with them.</param>
    public LoadedTokenKeys(TokenKeyRing ring, long version, TokenOptions options, LoadedTokenKeys? before)
    {
        (Ring, Version) = (ring, version);
        foreach (var key in ring.Keys)
        {
            var same = before?._known.GetValueOrDefault(key.Id).Key;
            _known[key.Id] = (same ?? JwtSigningKey.Import([.. key.Pkcs8]), key.Until);
        }

        if (options.Key is { } given)
            _known[given.Key.KeyId] = (given.Key, null);
        _signing = options.Key?.Key ?? _known[ring.Current.Id].Key;
        _header = JsonText.Utf8(Header(options));
    }

    public TokenKeyRing Ring { get; }

    public long Version { get; }

    /// <summary>The <c>kid</c> of what is signed now.</summary>
    public string KeyId => _signing.KeyId;

    public IEnumerable<string> Algorithms => _known.Values.Select(known => known.Key.Algorithm).Distinct().Order(StringComparer.Ordinal);

    public string Sign(JsonObject claims) => _signing.Sign(_header, JsonText.Utf8(claims));

    /// <summary>Null when there is no such key, or no longer.</summary>
    public JwtVerificationKey? Find(string id, DateTimeOffset at) =>
        _known.TryGetValue(id, out var known) && (known.Until is not { } until || at < until) ? known.Key.Verification : null;

    /// <summary>The public keys as a JWK set (RFC 7517 section 5), the one that signs first.</summary>
    public JsonObject ToSet(DateTimeOffset at) => new()
    {
        ["keys"] = new JsonArray(
        [
            .. _known.Values.Where(known => known.Until is not { } until || at < until)
                .OrderByDescending(known => known.Key == _signing).Select(known => ForSet(known.Key)),
        ]),
    };

    /// <summary>For the last one only: others have taken its keys over. A key that was given stays open.</summary>
    public void Dispose()
    {
        foreach (var key in Ring.Keys)
            _known[key.Id].Key.Dispose();
    }

    private static JsonObject ForSet(JwtSigningKey key)
    {
        var jwk = (JsonObject)key.PublicKey.DeepClone();
        jwk["use"] = "sig";
        return jwk;
    }

    private JsonObject Header(TokenOptions options)
    {
        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = _signing.Algorithm, ["kid"] = _signing.KeyId };
        if (!options.EmbedKey)
            return header;

        var jwk = (JsonObject)_signing.PublicKey.DeepClone();
        if (options.Key?.CertificateUrl is { } url)
            jwk["x5u"] = url;
        if (options.Key?.Certificates is { Count: > 0 } chain)
            jwk["x5c"] = new JsonArray([.. chain.Select(certificate => (JsonNode)Convert.ToBase64String(certificate))]);
        header["jwk"] = jwk;
        return header;
    }
}
