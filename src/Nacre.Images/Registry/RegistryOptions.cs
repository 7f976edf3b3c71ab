using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Images.Registry;

/// <summary>How registries are reached. The defaults are strict: TLS only, the system's roots, no credentials.</summary>
public sealed record RegistryOptions
{
    /// <summary><c>host</c> or <c>host:port</c> that are spoken to without TLS, exactly as they stand in image names.</summary>
    public IReadOnlySet<string> PlainHttpHosts { get; init; } = new HashSet<string>();

    /// <summary>Also without TLS: 127.0.0.0/8, ::1 and localhost, where nobody else can listen in.</summary>
    public bool AllowPlainHttpOnLoopback { get; init; }

    public RegistryCredentials Credentials { get; init; } = RegistryCredentials.None;

    public X509Certificate2Collection ExtraRoots { get; init; } = [];

    /// <summary>Mirrors, other locations, blocked registries.</summary>
    public RegistriesConfig Registries { get; init; } = RegistriesConfig.Empty;

    /// <summary>Null: none, whatever the environment says.</summary>
    public ProxyRules? Proxy { get; init; }

    /// <summary>How often a request is tried in all when the transport fails or the server says 429 or 5xx.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>The wait before the second try; each further one is twice as long.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a registry may send nothing.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// A handler that reaches servers this way: redirects are followed without credentials and never from https to http. The caller disposes it.
    /// </summary>
    public SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = Proxy is not null,
            Proxy = Proxy,
            MaxAutomaticRedirections = 5,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (ExtraRoots.Count > 0)
            handler.SslOptions.RemoteCertificateValidationCallback = TrustingAlso(ExtraRoots);
        return handler;
    }

    private static RemoteCertificateValidationCallback TrustingAlso(X509Certificate2Collection roots) => (_, certificate, chain, errors) =>
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || chain is null)
            return false;

        using var again = new X509Chain();
        again.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        again.ChainPolicy.CustomTrustStore.AddRange(roots);
        again.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        again.ChainPolicy.DisableCertificateDownloads = true;
        again.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        foreach (var element in chain.ChainElements)
            again.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return again.Build(copy);
    };
}
