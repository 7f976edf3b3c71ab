using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Tls;

/// <summary>Client certificates, asked for in the first handshake of a connection and never later.</summary>
internal static class ClientCertificates
{
    /// <summary>Who shows none is welcome; a certificate that is shown must be issued for clients by one of the authorities.</summary>
    public static SslServerAuthenticationOptions Take(SslServerAuthenticationOptions options, X509Certificate2Collection? authorities)
    {
        if (authorities is null)
            return options;

        options.AllowRenegotiation = false;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = AuthorityPolicy.For(authorities);
        options.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            errors == (certificate is null ? SslPolicyErrors.RemoteCertificateNotAvailable : SslPolicyErrors.None);
        return options;
    }
}
