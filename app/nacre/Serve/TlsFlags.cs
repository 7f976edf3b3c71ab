using System.CommandLine;
using Nacre.KeyBroker.Tls;

namespace Nacre.Cli.Serve;

/// <summary>TLS of the address that guests and administrators use.</summary>
internal sealed class TlsFlags
{
    private readonly Option<FileInfo?> _certificate = new("--tls-cert")
    {
        Description = "PEM file with the certificate and chain for --url, read again when it changes; "
            + "the server's own authority issues one without it.",
    };

    private readonly Option<FileInfo?> _key = new("--tls-key") { Description = "PEM file with its private key." };

    private readonly Option<string> _oldest = new("--tls-min")
    {
        Description = "1.3, or 1.2 for clients that know nothing newer.",
        DefaultValueFactory = _ => "1.3",
    };

    private readonly Option<FileInfo?> _clients = new("--tls-client-ca")
    {
        Description = "PEM file with authorities: callers of --url show a certificate of them.",
    };

    private readonly Option<string> _clientMode = new("--tls-client-cert")
    {
        Description = "With --tls-client-ca: required, or optional when some callers have none.",
        DefaultValueFactory = _ => "required",
    };

    private TlsFlags()
    {
        _oldest.AcceptOnlyFromAmong("1.2", "1.3");
        _clientMode.AcceptOnlyFromAmong("required", "optional");
    }

    public static TlsFlags AddTo(Command command)
    {
        var flags = new TlsFlags();
        foreach (var option in (Option[])[flags._certificate, flags._key, flags._oldest, flags._clients, flags._clientMode])
            command.Options.Add(option);
        return flags;
    }

    public TlsOptions Read(ParseResult line)
    {
        var (certificate, key, clients) = (line.GetValue(_certificate), line.GetValue(_key), line.GetValue(_clients));
        if (certificate is null != key is null)
            throw new CommandException("--tls-cert and --tls-key belong together");
        if (clients is null && line.GetResult(_clientMode) is { Implicit: false })
            throw new CommandException("--tls-client-cert says nothing without --tls-client-ca");

        return new TlsOptions
        {
            CertificateFile = certificate?.FullName,
            KeyFile = key?.FullName,
            ClientAuthoritiesFile = clients?.FullName,
            ClientCertificates = line.GetValue(_clientMode) == "optional" ? ClientCertificates.Optional : ClientCertificates.Required,
            AllowTls12 = line.GetValue(_oldest) == "1.2",
        };
    }
}
