using System.Net.Security;
using System.Security.Authentication;

namespace Nacre.KeyBroker.Tls;

/// <summary>TLS towards guests and administrators: a certificate that is given, or one of the server's own authority.</summary>
public sealed class GuestTls
{
    private readonly SslStreamCertificateContext? _given;
    private readonly ServerCertificate? _own;
    private readonly SslProtocols _versions;

    private GuestTls(SslStreamCertificateContext? given, ServerCertificate? own, SslProtocols versions) =>
        (_given, _own, _versions) = (given, own, versions);

    /// <param name="options">A certificate in them comes first, with its private key, then its chain.</param>
    /// <param name="own">Used when none is given.</param>
    internal static GuestTls Create(TrustServerOptions options, ServerCertificate own) => options.Certificate is { Count: > 0 } chain
        ? new(SslStreamCertificateContext.Create(chain[0], [.. chain.Skip(1)], offline: true), null, options.TlsVersions)
        : new(null, own, options.TlsVersions);

    /// <summary>For one connection.</summary>
    public SslServerAuthenticationOptions ForConnection() => new()
    {
        ServerCertificateContext = _given ?? _own!.Current,
        EnabledSslProtocols = _versions,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };
}
