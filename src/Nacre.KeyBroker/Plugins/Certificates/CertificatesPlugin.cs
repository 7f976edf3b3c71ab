using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>
/// Short-lived X.509 certificates for attested guests, with a SPIFFE id made of their claims (docs/plugins.md). The answer is encrypted to
/// the key that the evidence binds, also when it holds no private key: whoever took the guest's token gets nothing by it.
/// </summary>
public sealed class CertificatesPlugin : IPlugin
{
    private const string PluginName = "certificates";
    private static readonly TimeSpan s_listAge = TimeSpan.FromMinutes(1);

    private readonly CertificateSettings _settings;
    private readonly IssuingAuthority _authority;
    private readonly PluginServices _services;
    private readonly IssuedCertificates _issued;
    private readonly SemaphoreSlim _listing = new(1);
    private (byte[] Der, DateTimeOffset MadeAt)? _list;

    private CertificatesPlugin(CertificateSettings settings, IssuingAuthority authority, PluginServices services)
    {
        (_settings, _authority, _services) = (settings, authority, services);
        _issued = new IssuedCertificates(services.Store, services.Clock);
        Routes =
        [
            new("GET", $"kbs/v0/{PluginName}/ca.pem", Access.Public, (_, _) => ValueTask.FromResult(Pem(_authority.CertificatePem))),
            new("GET", $"kbs/v0/{PluginName}/ca.crl", Access.Public, RevocationListAsync),
            new("GET", $"kbs/v0/{PluginName}/issue/{{profile}}", Access.Guest, IssueWithKeyAsync),
            new("POST", $"kbs/v0/{PluginName}/issue/{{profile}}", Access.Guest, IssueAsync),
            new("GET", $"kbs/v0/{PluginName}/issued", Access.View, ListAsync),
            new("POST", $"kbs/v0/{PluginName}/revoke/{{serial}}", Access.WritePolicy, RevokeAsync),
        ];
    }

    public string Name => PluginName;

    public IReadOnlyList<Route> Routes { get; }

    /// <exception cref="MalformedDataException">A key is not known, or there is no authority as they say.</exception>
    public static async ValueTask<IPlugin> OpenAsync(PluginSettings settings, PluginServices services, CancellationToken cancel)
    {
        var read = CertificateSettings.Parse(settings);
        return new CertificatesPlugin(read, await read.OpenAuthorityAsync(settings, services, cancel), services);
    }

    public ValueTask DisposeAsync()
    {
        _listing.Dispose();
        _authority.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<KbsReply> IssueAsync(KbsCall call, CancellationToken cancel)
    {
        var guest = await RequireAsync(call, cancel);
        return await AnswerAsync(guest, SigningRequest.ReadKey(call.Body), null, cancel);
    }

    private async ValueTask<KbsReply> IssueWithKeyAsync(KbsCall call, CancellationToken cancel)
    {
        var guest = await RequireAsync(call, cancel);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return await AnswerAsync(guest, new PublicKey(key), key.ExportPkcs8PrivateKeyPem() + "\n", cancel);
    }

    // Which profiles there are is said only to those whom policy allows.
    private async ValueTask<NamedGuest> RequireAsync(KbsCall call, CancellationToken cancel)
    {
        var name = call["profile"];
        var request = new ReleaseRequest(PluginName, ["issue", name], call.Query);
        var claims = await _services.Gate.RequireAsync(call, request, cancel);
        var profile = _settings.Profiles.FirstOrDefault(profile => profile.Name == name)
            ?? throw KbsProblemException.NotFound($"there is no profile '{name}' of certificates");
        try
        {
            return new NamedGuest(claims, profile, profile.NamesFor(claims, _settings.Limits));
        }
        catch (ClaimRefusedException e)
        {
            throw await _services.Gate.DenyAsync(claims, request, e.Message, cancel);
        }
    }

    private async ValueTask<KbsReply> AnswerAsync(NamedGuest guest, PublicKey key, string? keyPem, CancellationToken cancel)
    {
        var (claims, profile, names) = guest;
        var now = _services.Clock.GetUtcNow();
        if (_authority.NotAfter <= now)
            throw new KbsProblemException(503, ErrorTypes.Unavailable, "the certificate of the authority has ended");

        using var certificate = _authority.Issue(key, names, profile.ForServers, _settings.RevocationList, now, profile.Life);
        var notAfter = new DateTimeOffset(certificate.NotAfter);
        await _issued.RecordAsync(
            certificate.SerialNumber.ToLowerInvariant(), notAfter,
            new JsonObject
            {
                ["profile"] = profile.Name,
                ["spiffe_id"] = names.SpiffeId,
                ["dns"] = new JsonArray([.. names.Dns.Select(name => (JsonNode)name)]),
                ["not_after"] = notAfter.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                ["guest"] = claims["jti"]?.DeepClone(),
            },
            cancel);

        var answer = new JsonObject { ["certificate"] = certificate.ExportCertificatePem() + "\n", ["ca"] = _authority.CertificatePem };
        if (keyPem is not null)
            answer["private_key"] = keyPem;
        var plain = JsonText.Utf8(answer);
        try
        {
            return _services.Gate.Encrypt(claims, plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) =>
        KbsReply.Of(new JsonObject { ["certificates"] = await _issued.ListAsync(cancel) });

    private async ValueTask<KbsReply> RevokeAsync(KbsCall call, CancellationToken cancel)
    {
        var serial = call["serial"].ToLowerInvariant();
        if (!await _issued.RevokeAsync(serial, cancel))
            throw KbsProblemException.NotFound($"no certificate with the serial number {serial} is recorded");

        await _listing.WaitAsync(cancel);
        _list = null;
        _listing.Release();
        return KbsReply.Empty;
    }

    // Anyone may ask, so it is made once a minute; what another replica revoked is in it a minute later.
    private async ValueTask<KbsReply> RevocationListAsync(KbsCall call, CancellationToken cancel)
    {
        await _listing.WaitAsync(cancel);
        try
        {
            var now = _services.Clock.GetUtcNow();
            if (_list is not { } made || now - made.MadeAt > s_listAge)
                _list = made = (_authority.MakeRevocationList(await _issued.RevokedAsync(cancel), now), now);
            return new KbsReply { ContentType = "application/pkix-crl", Body = made.Der };
        }
        finally
        {
            _listing.Release();
        }
    }

    private static KbsReply Pem(string text) =>
        new() { ContentType = "application/pem-certificate-chain", Body = Encoding.ASCII.GetBytes(text) };

    private sealed record NamedGuest(JsonObject Claims, CertificateProfile Profile, CertificateNames Names);
}
