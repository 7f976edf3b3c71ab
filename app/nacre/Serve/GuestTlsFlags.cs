using System.CommandLine;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Cli.Serve;

/// <summary>The certificate that a server shows to guests and administrators.</summary>
internal sealed class GuestTlsFlags
{
    private readonly Option<FileInfo?> _certificate = new("--tls-cert")
    {
        Description = "PEM file with the certificate to show and its chain; the server's own authority issues one without it.",
    };

    private readonly Option<FileInfo?> _key = new("--tls-key") { Description = "PEM file with its private key." };

    private GuestTlsFlags()
    {
    }

    public static GuestTlsFlags AddTo(Command command)
    {
        var flags = new GuestTlsFlags();
        command.Options.Add(flags._certificate);
        command.Options.Add(flags._key);
        return flags;
    }

    public X509Certificate2Collection? Read(ParseResult line) =>
        ServiceFlags.Certificate(line.GetValue(_certificate)?.FullName, line.GetValue(_key)?.FullName, "--tls-cert and --tls-key");
}
