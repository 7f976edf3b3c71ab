namespace Nacre.KeyBroker.Tls;

/// <summary>Whether callers show a certificate.</summary>
public enum ClientCertificates
{
    /// <summary>Who shows none is served too; one that is shown must be good, and the audit record names it.</summary>
    Optional,

    /// <summary>Without a good one there is no connection.</summary>
    Required,
}

/// <summary>TLS of the key broker's address.</summary>
public sealed record TlsOptions
{
    /// <summary>PEM file: the server's certificate, then its chain; null for one of the server's own authority.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the private key of it, not encrypted.</summary>
    public string? KeyFile { get; init; }

    /// <summary>PEM file with the authorities whose certificates callers may show; null when they are not asked.</summary>
    public string? ClientAuthoritiesFile { get; init; }

    public ClientCertificates ClientCertificates { get; init; } = ClientCertificates.Required;

    /// <summary>Takes TLS 1.2 besides 1.3.</summary>
    public bool AllowTls12 { get; init; }

    /// <summary>How often the files are looked at for a change.</summary>
    public TimeSpan ReloadEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Looks whether the files can be used.</summary>
    /// <exception cref="TrustServerException">One cannot; one line says why.</exception>
    public void Require(DateTimeOffset now)
    {
        try
        {
            _ = new TlsFiles(this).Read(now, null);
        }
        catch (TlsFileException e)
        {
            throw new TrustServerException(e.Message, e);
        }
    }
}
