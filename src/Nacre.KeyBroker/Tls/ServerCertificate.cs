using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Formats.X509;
using Nacre.Storage;

namespace Nacre.KeyBroker.Tls;

/// <summary>
/// The server's own certificate authority (key in the store, certificate in a file for the clients) and the TLS certificate it issues: made
/// new at every start, and again before it expires.
/// </summary>
public sealed class ServerCertificate : IDisposable
{
    private const string Space = "key";
    private const string KeyName = "tls-authority";

    private static readonly TimeSpan s_life = TimeSpan.FromDays(90);
    private static readonly TimeSpan s_renewBefore = TimeSpan.FromDays(30);

    private readonly X509Certificate2 _authority;
    private readonly IReadOnlyList<string> _hosts;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private Issued _issued;

    private ServerCertificate(X509Certificate2 authority, IReadOnlyList<string> hosts, TimeProvider clock)
    {
        (_authority, _hosts, _clock) = (authority, hosts, clock);
        _issued = Issue();
    }

    /// <summary>Makes the authority when the store has none, and (re)writes its certificate to <paramref name="caPath"/>.</summary>
    public static async Task<ServerCertificate> OpenAsync(
        IKeyValueStore store, string caPath, IReadOnlyList<string> hosts, TimeProvider clock, CancellationToken cancel)
    {
        var pem = Encoding.ASCII.GetString(await store.GetOrCreateAsync(Space, KeyName, () => MakeAuthority(clock.GetUtcNow()), cancel));
        var authority = X509Certificate2.CreateFromPem(pem, pem);
        await File.WriteAllTextAsync(caPath, authority.ExportCertificatePem() + "\n", cancel);
        return new ServerCertificate(authority, hosts, clock);
    }

    /// <summary>What the web server shows; the same object until the certificate is renewed.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetUtcNow() >= _issued.RenewAt)
                    _issued = Issue();
                return _issued.Context;
            }
        }
    }

    public void Dispose()
    {
        _issued.Certificate.Dispose();
        _authority.Dispose();
    }

    private Issued Issue()
    {
        var now = _clock.GetUtcNow();
        var certificate = OwnCertificateAuthority.IssueServer(_authority, _hosts, now, s_life);
        return new Issued(certificate, SslStreamCertificateContext.Create(certificate, null, offline: true), now + s_life - s_renewBefore);
    }

    private static byte[] MakeAuthority(DateTimeOffset at)
    {
        using var authority = OwnCertificateAuthority.Create("Nacre own CA", at);
        using var key = authority.GetECDsaPrivateKey()!;
        return Encoding.ASCII.GetBytes($"{authority.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    private sealed record Issued(X509Certificate2 Certificate, SslStreamCertificateContext Context, DateTimeOffset RenewAt);
}
