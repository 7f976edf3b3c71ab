using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.Formats.X509;

namespace Nacre.EndToEndTests.Trust;

/// <summary>An identity provider on loopback, with TLS: its discovery document, its keys, and tokens under them.</summary>
internal sealed class StandInIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, ECDsa> _keys = [];
    private int _asked;

    private StandInIssuer(WebApplication app, X509Certificate2 authority, X509Certificate2 certificate)
    {
        (_app, Authority, Certificate) = (app, authority, certificate);
        AddKey("first");
    }

    public X509Certificate2 Authority { get; }

    public string Issuer { get; private set; } = "";

    /// <summary>What the document says; null for the truth.</summary>
    public string? PretendedIssuer { get; set; }

    public bool IsAway { get; set; }

    /// <summary>How often its keys were asked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    private X509Certificate2 Certificate { get; }

    public static async Task<StandInIssuer> StartAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var authority = OwnCertificateAuthority.Create("identity provider", now);
        var certificate = OwnCertificateAuthority.IssueServer(authority, ["127.0.0.1"], now, TimeSpan.FromDays(1));
        var context = SslStreamCertificateContext.Create(certificate, null, offline: true);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.UseHttps(new Microsoft.AspNetCore.Server.Kestrel.Https.TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = context }),
            })));
        var app = builder.Build();
        var issuer = new StandInIssuer(app, authority, certificate);
        app.Run(issuer.AnswerAsync);
        await app.StartAsync();
        issuer.Issuer = $"{app.Urls.First()}/realm";
        return issuer;
    }

    /// <summary>The address of one of its paths.</summary>
    public string At(string path) => $"{_app.Urls.First()}{path}";

    public void AddKey(string id) => _keys.Add(id, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public string Sign(JsonObject claims, string keyId = "first", ECDsa? by = null) => JsonWebToken.SignEs256(
        by ?? _keys.GetValueOrDefault(keyId) ?? _keys["first"], JsonText.Utf8(new JsonObject { ["alg"] = "ES256", ["kid"] = keyId }), JsonText.Utf8(claims));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (var key in _keys.Values)
            key.Dispose();
        Certificate.Dispose();
        Authority.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        if (IsAway || path is not ("/realm/.well-known/openid-configuration" or "/keys"))
        {
            context.Response.StatusCode = IsAway ? 503 : 404;
            return;
        }

        if (path == "/keys")
            Interlocked.Increment(ref _asked);
        var answer = path == "/keys"
            ? new JsonObject { ["keys"] = new JsonArray([.. _keys.Select(key => (JsonNode)Describe(key.Key, key.Value))]) }
            : new JsonObject { ["issuer"] = PretendedIssuer ?? Issuer, ["jwks_uri"] = $"{_app.Urls.First()}/keys", ["other"] = true };
        await context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }

    private static JsonObject Describe(string id, ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["use"] = "sig",
            ["kid"] = id,
            ["x"] = Base64UrlText.Encode(point.X),
            ["y"] = Base64UrlText.Encode(point.Y),
        };
    }
}
