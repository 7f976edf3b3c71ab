using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Tls;

namespace Nacre.KeyBroker.Admin;

/// <summary>Asks an identity provider for its keys: its discovery document, then the JWK set that this names, both over HTTPS.</summary>
internal sealed class OidcDiscovery : IDisposable
{
    private const int MaxBytes = 1024 * 1024;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly string _issuer;
    private readonly HttpClient _http;

    public OidcDiscovery(string issuer, X509Certificate2Collection? authorities)
    {
        _issuer = issuer;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = AuthorityPolicy.For(authorities) },
        })
        {
            Timeout = s_timeout,
            MaxResponseContentBufferSize = MaxBytes,
        };
    }

    /// <exception cref="HttpRequestException">It does not answer as it should.</exception>
    /// <exception cref="TaskCanceledException">It does not answer in time.</exception>
    /// <exception cref="MalformedDataException">What it answers breaks a rule.</exception>
    public async Task<IReadOnlyList<JwtVerificationKey>> FetchAsync(CancellationToken cancel)
    {
        var document = await GetAsync(new Uri($"{_issuer.TrimEnd('/')}/.well-known/openid-configuration"), cancel);
        return JwtVerificationKey.ParseSet(await GetAsync(KeysAt(document), cancel));
    }

    public void Dispose() => _http.Dispose();

    // Section 4.3: the issuer in the document must be the one that was asked.
    private Uri KeysAt(byte[] utf8)
    {
        using var document = StrictJson.Parse(utf8, "openid-configuration", MaxBytes);
        var fields = new JsonFields("openid-configuration", document.RootElement);
        if (fields.Text("issuer", 2048) != _issuer)
            throw fields.Malformed("issuer", $"is not {_issuer}");
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
