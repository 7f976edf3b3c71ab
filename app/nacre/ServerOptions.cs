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

    private readonly Option<string?> _certificate = new("--client-cert")
    {
        Description = "PEM file with the client certificate and its key, in place of a token (NACRE_CLIENT_CERT).",
    };

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
        command.Options.Add(options._certificate);
        return options;
    }

    public KbsTransport Connect(ParseResult line) => Connect(line, null);

    private KbsTransport Connect(ParseResult line, X509Certificate2? certificate)
    {
        var text = line.GetValue(_url) ?? Environment.GetEnvironmentVariable("NACRE_URL") ?? DefaultUrl;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            throw new CommandException($"'{text}' is no address of a server", $"it looks like {DefaultUrl}");

        return KbsTransport.Create(url, Authorities(line.GetValue(_authority) ?? Environment.GetEnvironmentVariable("NACRE_CACERT")),
            clientCertificate: certificate);
    }

    public KbsAdminClient ConnectAdmin(ParseResult line)
    {
        var text = line.GetValue(_token) ?? Environment.GetEnvironmentVariable("NACRE_TOKEN");
        var certificate = line.GetValue(_certificate) ?? Environment.GetEnvironmentVariable("NACRE_CLIENT_CERT");
        if (text is null && certificate is { Length: > 0 } file)
            return new KbsAdminClient(Connect(line, X509Certificate2.CreateFromPemFile(file)), null);
        if (text is null)
        {
            throw new CommandException(
                "this needs the admin token", "--token @DIR/admin-token, or NACRE_TOKEN; the server wrote it at its first start");
        }

        return new KbsAdminClient(Connect(line), text.StartsWith('@') ? File.ReadAllText(text[1..]).Trim() : text);
    }

    private static X509Certificate2Collection? Authorities(string? file)
    {
        if (string.IsNullOrEmpty(file))
            return null;

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CommandException($"{file} holds no certificate", "it must be a PEM file");
    }
}
