using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Nacre.Attestation.Services;

namespace Nacre.KeyBroker.Tls;

/// <summary>TLS between services: a certificate that is given or the server's own, and callers known by certificates of given authorities.</summary>
internal sealed class ServiceTls
{
    private readonly SslStreamCertificateContext? _given;
    private readonly ServerCertificate _own;
    private readonly X509Certificate2Collection? _clientAuthorities;

    /// <param name="options">A certificate in it comes first, with its private key, then its chain.</param>
    /// <param name="own">Used when none is given.</param>
    public ServiceTls(ServiceOptions options, ServerCertificate own)
    {
        _own = own;
        _clientAuthorities = options.ClientAuthorities;
        if (options.Certificate is { Count: > 0 } chain)
            _given = SslStreamCertificateContext.Create(chain[0], [.. chain.Skip(1)], offline: true);
    }

    /// <summary>For one connection.</summary>
    public SslServerAuthenticationOptions ForConnection()
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _given ?? _own.Current,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
        if (_clientAuthorities is null)
            return options;

        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = AuthorityPolicy.For(_clientAuthorities);
        return options;
    }
}
