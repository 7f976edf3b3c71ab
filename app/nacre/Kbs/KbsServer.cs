using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Nacre.Client;

namespace Nacre.Cli.Kbs;

/// <summary>The options before the verb: which server, and how it is known.</summary>
internal sealed class KbsServer
{
    private const string Version = "0.1.0";

    private readonly Option<string> _url = new("--url")
    {
        Description = "Address of the key broker.",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
        Recursive = true,
    };

    private readonly Option<FileInfo?> _certificate = new("--cert-file")
    {
        Description = "PEM file of the root certificate of the server.",
        Recursive = true,
    };

    private KbsServer()
    {
    }

    public static KbsServer AddTo(Command command)
    {
        var server = new KbsServer();
        command.Options.Add(server._url);
        command.Options.Add(server._certificate);
        return server;
    }

    public KbsTransport ConnectGuest(ParseResult line) => Connect(line, "attestation-agent-kbs-client");

    public KbsTransport ConnectAdmin(ParseResult line) => Connect(line, "kbs-client");

    private KbsTransport Connect(ParseResult line, string agent)
    {
        var text = line.GetRequiredValue(_url);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            throw new CommandException($"'{text}' is no address of a server", "it looks like http://127.0.0.1:8080");

        X509Certificate2Collection? roots = null;
        if (line.GetValue(_certificate) is { } file)
        {
            roots = [];
            roots.ImportFromPemFile(file.FullName);
            if (roots.Count == 0)
                throw new CommandException($"{file} holds no certificate", "it must be a PEM file");
        }

        return KbsTransport.Create(url, roots, userAgent: new(agent, Version));
    }
}
