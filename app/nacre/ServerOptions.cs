using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Nacre.Client;

namespace Nacre.Cli;

/// <summary>Which trust server, and how to know that it is the right one. Every verb that talks to it has these options.</summary>
internal sealed class ServerOptions
{
    private const string DefaultUrl = "https://127.0.0.1:8080";

    private readonly Option<string?> _url = new("--url") { Description = $"Address of the trust server (NACRE_URL, else {DefaultUrl})." };
    private readonly Option<string?> _authority = new("--cacert") { Description = "PEM file of the authority of the server's certificate (NACRE_CACERT)." };
    private readonly Option<string?> _token = new("--token") { Description = "Admin token, or @FILE that holds it (NACRE_TOKEN)." };

    private ServerOptions()
    {
    }

    /// <summary>Adds the options to a verb of the guest's side.</summary>
    public static ServerOptions AddTo(Command command)
    {
        var options = new ServerOptions();
        command.Options.Add(options._url);
        command.Options.Add(options._authority);
        return options;
    }

    /// <summary>Adds the options to a verb of the owner's side.</summary>
    public static ServerOptions AddAdminTo(Command command)
    {
        var options = AddTo(command);
        command.Options.Add(options._token);
        return options;
    }

    public KbsTransport Connect(ParseResult line) => KbsTransport.Create(Url(line), Authorities(line));

    public KbsAdminClient ConnectAdmin(ParseResult line)
    {
        var token = FindToken(line)
            ?? throw new CommandException("this needs the admin token", "--token @DIR/admin-token, or NACRE_TOKEN; the server wrote it at its first start");
        return new KbsAdminClient(Connect(line), token);
    }

    public Uri Url(ParseResult line)
    {
        var text = line.GetValue(_url) ?? Environment.GetEnvironmentVariable("NACRE_URL") ?? DefaultUrl;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == "https" || url.Scheme == "http")
            ? url : throw new CommandException($"'{text}' is no address of a server", $"it looks like {DefaultUrl}");
    }

    /// <summary>Null when none is given.</summary>
    public string? FindToken(ParseResult line)
    {
        var text = line.GetValue(_token) ?? Environment.GetEnvironmentVariable("NACRE_TOKEN");
        return text is ['@', ..] ? File.ReadAllText(text[1..]).Trim() : text;
    }

    /// <summary>Null for those of this machine.</summary>
    public X509Certificate2Collection? Authorities(ParseResult line)
    {
        var file = line.GetValue(_authority) ?? Environment.GetEnvironmentVariable("NACRE_CACERT");
        if (string.IsNullOrEmpty(file))
            return null;

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CommandException($"{file} holds no certificate", "it must be a PEM file");
    }
}
