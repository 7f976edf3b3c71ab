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
}
