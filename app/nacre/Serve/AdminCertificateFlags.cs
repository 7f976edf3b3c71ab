using System.CommandLine;
using Nacre.KeyBroker.Admin;

namespace Nacre.Cli.Serve;

/// <summary>Which client certificates a server takes from administrators.</summary>
internal sealed class AdminCertificateFlags
{
    private const int MaxFiles = 16;

    private readonly Option<FileInfo?> _authority = new("--admin-client-ca")
    {
        Description = "PEM file of the authorities whose client certificates are taken from administrators.",
    };

    private readonly Option<string[]> _roles = new("--admin-client-role")
    {
        Description = $"Which certificates have which role; may be repeated. It {CertificateRole.Rule}.",
    };

    private readonly Option<FileInfo[]> _revoked = new("--admin-client-crl")
    {
        Description = "File with revocation lists of these authorities, PEM or DER, read again when it changes; may be repeated. With one, "
            + "certificates that no current list covers are refused.",
    };

    public static AdminCertificateFlags AddTo(Command command)
    {
        var flags = new AdminCertificateFlags();
        command.Options.Add(flags._authority);
        command.Options.Add(flags._roles);
        command.Options.Add(flags._revoked);
        return flags;
    }

    /// <summary>Null when none are taken.</summary>
    public AdminCertificates? Read(ParseResult line)
    {
        var (file, texts, revoked) = (line.GetValue(_authority), line.GetValue(_roles) ?? [], line.GetValue(_revoked) ?? []);
        if (revoked.Length > MaxFiles)
            throw new CommandException($"--admin-client-crl may be given {MaxFiles} times");
        if (file is null && revoked.Length > 0)
            throw new CommandException("--admin-client-crl says nothing without --admin-client-ca");
        if (file is null && texts.Length == 0)
            return null;
        if (file is null || texts.Length == 0)
            throw new CommandException("--admin-client-ca and --admin-client-role need each other");

        return new AdminCertificates(AuthorityFile.Read(file), [.. texts.Select(ReadRole)])
        {
            RevocationFiles = [.. revoked.Select(one => one.FullName)],
        };
    }

    private static CertificateRole ReadRole(string text) => CertificateRole.Parse(text)
        ?? throw new CommandException($"'{text}' does not say which certificates have which role", $"it {CertificateRole.Rule}");
}
