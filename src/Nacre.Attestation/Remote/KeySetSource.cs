using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Remote;

/// <summary>Where somebody publishes the keys that their tokens are signed with, over HTTPS and nothing else.</summary>
public sealed class KeySetSource : IDisposable
{
    private const int MaxBytes = 1024 * 1024;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly bool _isIssuer;
    private readonly HttpClient _http;

    private KeySetSource(string address, bool isIssuer, X509ChainPolicy? authorities)
    {
        if (!IsAddress(address))
            throw new FormatException($"'{address}' is no https address of a key set");

        (Address, _isIssuer) = (address, isIssuer);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = authorities },
        })
        {
            Timeout = s_timeout,
            MaxResponseContentBufferSize = MaxBytes,
        };
    }

    public string Address { get; }

    /// <summary>Whether a text can be such a place.</summary>
    public static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme == Uri.UriSchemeHttps && uri.Query.Length + uri.Fragment.Length + uri.UserInfo.Length == 0;

    /// <summary>An identity provider: its discovery document must name it (OpenID Connect Discovery 1.0, section 4.3).</summary>
    /// <param name="issuer">As its tokens write it in <c>iss</c>.</param>
    /// <param name="authorities">Of its certificate; null for those of the system.</param>
    /// <exception cref="FormatException">It is no https address.</exception>
    public static KeySetSource OfIssuer(string issuer, X509ChainPolicy? authorities = null) => new(issuer, isIssuer: true, authorities);

    /// <summary>As upstream reads such an address: a JWK set, or else a provider with a discovery document (trust.md 2.9).</summary>
    /// <param name="address">Of the set or of the provider.</param>
    /// <param name="authorities">Of its certificate; null for those of the system.</param>
    /// <exception cref="FormatException">It is no https address.</exception>
    public static KeySetSource At(string address, X509ChainPolicy? authorities = null) => new(address, isIssuer: false, authorities);

    /// <exception cref="HttpRequestException">It does not answer as it should.</exception>
    /// <exception cref="TaskCanceledException">It does not answer in time.</exception>
    /// <exception cref="MalformedDataException">What it answers breaks a rule.</exception>
    public async Task<IReadOnlyList<JwtVerificationKey>> FetchAsync(CancellationToken cancel)
    {
        if (!_isIssuer && await FindSetAsync(cancel) is { } keys)
            return keys;

        var document = await GetAsync(new Uri($"{Address.TrimEnd('/')}/.well-known/openid-configuration"), cancel);
        return JwtVerificationKey.ParseSet(await GetAsync(KeysAt(document), cancel));
    }

    public void Dispose() => _http.Dispose();

    // Null when the address answers with something else; whoever does not answer at all is not asked a second time.
    private async Task<IReadOnlyList<JwtVerificationKey>?> FindSetAsync(CancellationToken cancel)
    {
        using var reply = await _http.GetAsync(new Uri(Address), cancel);
        if (reply.StatusCode != HttpStatusCode.OK)
            return null;

        try
        {
            return JwtVerificationKey.ParseSet(await reply.Content.ReadAsByteArrayAsync(cancel));
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private Uri KeysAt(byte[] utf8)
    {
        using var document = StrictJson.Parse(utf8, "openid-configuration", MaxBytes);
        var fields = new JsonFields("openid-configuration", document.RootElement);
        if (_isIssuer && fields.Text("issuer", 2048) != Address)
            throw fields.Malformed("issuer", $"is not {Address}");
        return Uri.TryCreate(fields.Text("jwks_uri", 2048), UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            ? uri : throw fields.Malformed("jwks_uri", "must be an https address");
    }

    private async Task<byte[]> GetAsync(Uri uri, CancellationToken cancel)
    {
        using var reply = await _http.GetAsync(uri, cancel);
        return reply.StatusCode == HttpStatusCode.OK
            ? await reply.Content.ReadAsByteArrayAsync(cancel)
            : throw new HttpRequestException($"{uri} answered {(int)reply.StatusCode}");
    }
}
