using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Remote;

/// <summary>
/// Which attestation tokens of other services are believed (trust.md 2.9). A token whose header brings its key must bring that key's
/// certificate too, with a chain to an authority that is trusted; another must name a key of a set that is trusted. <c>exp</c> is required.
/// </summary>
public sealed record TokenTrust
{
    private const int MaxHeaderBytes = 64 * 1024;
    private const int MaxChain = 8;
    private const string UnknownKey = "verification key not found: neither trusted jwk set nor trusted pem public key works";

    private static readonly TimeSpan s_leeway = TimeSpan.FromSeconds(60);

    /// <summary>Authorities of the certificates in headers.</summary>
    public X509Certificate2Collection Authorities { get; init; } = [];

    /// <summary>Keys of sets; a token names one of them by <c>kid</c>.</summary>
    public IReadOnlyList<JwtVerificationKey> Keys { get; init; } = [];

    /// <summary>Sets that others publish; a token names one of their keys by <c>kid</c>.</summary>
    public IReadOnlyList<PublishedKeys> Published { get; init; } = [];

    /// <summary>Believe whatever key a header brings: anyone can make such a token. For development only.</summary>
    public bool AcceptHeaderKey { get; init; }

    /// <summary>Pointers to the guest's key in a token that are looked at before those that are known (<see cref="TeeKeyPaths"/>).</summary>
    public IReadOnlyList<string> ExtraKeyPaths { get; init; } = [];

    /// <summary>Whether there is a token that it believes.</summary>
    public bool BelievesAny => Authorities.Count > 0 || Keys.Count > 0 || Published.Count > 0 || AcceptHeaderKey;

    /// <summary>As <see cref="Verify"/>, with the keys that are published.</summary>
    /// <exception cref="AttestationUnavailableException">It may be good, and the keys that would say so cannot be had now.</exception>
    public async ValueTask<(JsonObject? Claims, string Problem)> VerifyAsync(string token, DateTimeOffset at, CancellationToken cancel) =>
        WantedKey(token, at) is not { } keyId ? Verify(token, at)
            : (this with { Keys = await FindAsync(keyId, at, cancel) }).Verify(token, at);

    /// <summary>
    /// The claims of a token that is believed at <paramref name="at"/> under the keys at hand; otherwise null and why not. A token without
    /// <c>jti</c> is given one made of its hash, so that what is recorded of it can be told apart.
    /// </summary>
    public (JsonObject? Claims, string Problem) Verify(string token, DateTimeOffset at)
    {
        try
        {
            var parsed = JsonWebToken.Parse(token);
            if (FindProblem(parsed, at) is { } problem)
                return (null, problem);

            var claims = Read(token, parsed);
            if (Time(claims, "exp") is not { } expires)
                return (null, "the token has no exp, which it must have");
            if (at >= expires + s_leeway)
                return (null, "the token has expired");
            if (claims.ContainsKey("nbf") && !(Time(claims, "nbf") is { } begin && begin <= at + s_leeway))
                return (null, "the token is not valid yet");

            return (claims, "");
        }
        catch (Exception e) when (e is MalformedDataException or CryptographicException or FormatException)
        {
            return (null, $"the token cannot be read: {e.Message}");
        }
    }

    /// <summary>The claims of a token that was believed before.</summary>
    /// <exception cref="MalformedDataException">It is no token.</exception>
    public static JsonObject Reread(string token) => Read(token, JsonWebToken.Parse(token));

    /// <summary>A time claim; null when it is absent or no number that is a time.</summary>
    internal static DateTimeOffset? Time(JsonObject claims, string name) =>
        claims[name] is JsonValue value && (value.TryGetValue<long>(out var seconds) || TryFloor(value, out seconds))
            && seconds is >= 0 and < 100_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    // The key that has to be asked for: nobody is, for a token that brings its own key, has one at hand, or is over anyway.
    private string? WantedKey(string token, DateTimeOffset at)
    {
        if (Published.Count == 0)
            return null;

        try
        {
            var parsed = JsonWebToken.Parse(token);
            using var document = StrictJson.Parse(parsed.Header, "jwt.header", MaxHeaderBytes);
            var header = new JsonFields("jwt.header", document.RootElement);
            return header.Find("jwk") is null && header.FindText("kid", 256) is { } keyId && !Keys.Any(key => key.KeyId == keyId)
                && Time(Read(token, parsed), "exp") is { } expires && at < expires + s_leeway ? keyId : null;
        }
        catch (Exception e) when (e is MalformedDataException or FormatException)
        {
            return null;
        }
    }

    private async ValueTask<IReadOnlyList<JwtVerificationKey>> FindAsync(string keyId, DateTimeOffset at, CancellationToken cancel)
    {
        string? away = null;
        foreach (var set in Published)
        {
            var keys = await set.FindAsync(keyId, at, cancel);
            if (keys?.Any(key => key.KeyId == keyId) == true)
                return keys;
            if (keys is null)
                away ??= set.Address;
        }

        return away is null ? Keys : throw new AttestationUnavailableException(away, "the keys that it signs tokens with cannot be had now");
    }

    // A NumericDate may have a fraction (RFC 7519, section 2).
    private static bool TryFloor(JsonValue value, out long seconds)
    {
        var isNumber = value.TryGetValue<double>(out var number) && Math.Abs(number) < 1e15;
        seconds = isNumber ? (long)Math.Floor(number) : 0;
        return isNumber;
    }

    private static JsonObject Read(string token, JsonWebToken parsed)
    {
        using var document = StrictJson.Parse(parsed.Payload, "token", JsonWebToken.MaxLength);
        var claims = JsonObject.Create(new JsonFields("token", document.RootElement).Element.Clone())!;
        if (!claims.ContainsKey("jti"))
            claims["jti"] = $"sha256-{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(token)))[..32]}";
        return claims;
    }

    private string? FindProblem(JsonWebToken token, DateTimeOffset at)
    {
        using var document = StrictJson.Parse(token.Header, "jwt.header", MaxHeaderBytes);
        var header = new JsonFields("jwt.header", document.RootElement);
        if (header.FindObject("jwk") is { } jwk)
            return FindProblem(token, jwk, at);

        var keyId = header.FindText("kid", 256);
        if (keyId is null || Keys.FirstOrDefault(key => key.KeyId == keyId) is not { } known)
            return UnknownKey;
        return token.Verify(known) ? null : "the signature of the token is not good";
    }

    private string? FindProblem(JsonWebToken token, JsonFields jwk, DateTimeOffset at)
    {
        var key = JwtVerificationKey.FromJwk(jwk);
        if (!AcceptHeaderKey)
        {
            if (Authorities.Count == 0 || jwk.Find("x5c") is null)
                return UnknownKey;

            var chain = new X509Certificate2Collection();
            try
            {
                foreach (var item in jwk.Array("x5c", MaxChain))
                    chain.Add(Certificate(item));
                if (FindProblem(token, chain, at) is { } problem)
                    return $"{UnknownKey}: {problem}";
            }
            finally
            {
                foreach (var certificate in chain)
                    certificate.Dispose();
            }
        }

        return token.Verify(key) ? null : "the signature of the token is not good";
    }

    private string? FindProblem(JsonWebToken token, X509Certificate2Collection certificates, DateTimeOffset at)
    {
        if (certificates.Count == 0)
            return "x5c is empty";

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities);
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        if (!chain.Build(certificates[0]))
            return string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());

        // The certificate's key must have made the signature, and the key of the header too: then they are one.
        return token.Verify(JwtVerificationKey.FromPem(
            PemEncoding.WriteString("PUBLIC KEY", certificates[0].PublicKey.ExportSubjectPublicKeyInfo())))
            ? null : "the signature is not by the key of the certificate";
    }

    // RFC 7517 has base64; base64url is met too (trust.md 2.9).
    private static X509Certificate2 Certificate(JsonElement item)
    {
        var text = item.ValueKind == JsonValueKind.String ? item.GetString()!.ReplaceLineEndings("") : "";
        var bare = text.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return Base64UrlText.TryDecode(bare, out var der)
            ? X509CertificateLoader.LoadCertificate(der)
            : throw new MalformedDataException("jwt.header.jwk", "x5c", 0, "must be an array of base64 strings");
    }
}
