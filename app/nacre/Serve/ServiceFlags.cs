using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Attestation.Services;

namespace Nacre.Cli.Serve;

/// <summary>Where the Attestation Service and reference values are served for other programs, and to whom.</summary>
internal sealed class ServiceFlags
{
    private readonly Option<string?>? _grpc;
    private readonly Option<string?>? _rest;
    private readonly Option<string?>? _references;

    private readonly Option<FileInfo?> _certificate = new("--service-cert")
    {
        Description = "PEM file with the certificate and chain for https addresses; the server's own authority issues one without it.",
    };

    private readonly Option<FileInfo?> _key = new("--service-key") { Description = "PEM file with its private key." };

    private readonly Option<FileInfo?> _clients = new("--client-ca")
    {
        Description = "PEM file with authorities: callers on https addresses must have a certificate of them, and may then change things.",
    };

    private readonly Option<bool> _insecure = new("--insecure-services")
    {
        Description = "Addresses without TLS may be those of other machines; whoever reaches them may set policies and reference values.",
    };

    private readonly Option<string[]> _origins = new("--allowed-origin") { Description = "Origin of web pages that may call REST; may be repeated." };

    private ServiceFlags(string? grpc, string? rest, string? references)
    {
        _grpc = Address(grpc, "Attestation Service over gRPC: HOST:PORT, https://HOST:PORT or unix:///PATH.");
        _rest = Address(rest, "Attestation Service over REST: http://HOST:PORT or https://HOST:PORT.");
        _references = Address(references, "Reference values over gRPC: HOST:PORT, https://HOST:PORT or unix:///PATH.");
        Options =
        [
            .. ((Option?[])[_grpc, _rest, _references, _rest is null ? null : _origins]).OfType<Option>(), _certificate, _key, _clients, _insecure,
        ];
    }

    private IReadOnlyList<Option> Options { get; }

    /// <summary>For the whole trust server.</summary>
    public static ServiceFlags AddToServer(Command command) => AddTo(command, new("--as-grpc", "--as-rest", "--rvps-grpc"));

    public static ServiceFlags AddToAttestation(Command command) => AddTo(command, new("--grpc", "--rest", null));

    public static ServiceFlags AddToReferenceValues(Command command) => AddTo(command, new(null, null, "--grpc"));

    public ServiceOptions Read(ParseResult line) => new()
    {
        Grpc = Value(line, _grpc),
        Rest = Value(line, _rest),
        ReferenceValues = Value(line, _references),
        Certificate = Certificate(line.GetValue(_certificate)?.FullName, line.GetValue(_key)?.FullName, "--service-cert and --service-key"),
        ClientAuthorities = line.GetValue(_clients) is { } clients ? Authorities(clients.FullName) : null,
        Insecure = line.GetValue(_insecure),
        Origins = line.GetValue(_origins) ?? [],
    };

    private static Option<string?>? Address(string? name, string description) => name is null ? null : new(name) { Description = description };

    private static string? Value(ParseResult line, Option<string?>? option) => option is null ? null : line.GetValue(option);

    /// <summary>A certificate with its private key, then its chain; null when neither file is given.</summary>
    public static X509Certificate2Collection? Certificate(string? certificate, string? key, string options)
    {
        if (certificate is null && key is null)
            return null;
        if (certificate is null || key is null)
            throw new CommandException($"{options} belong together");

        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificate);
            chain[0] = X509Certificate2.CreateFromPemFile(certificate, key);
            return chain;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the certificate cannot be read from '{certificate}' and '{key}': {e.Message}");
        }
    }

    private static X509Certificate2Collection Authorities(string path)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            return authorities.Count > 0 ? authorities : throw new CommandException($"'{path}' holds no certificate", "--client-ca names a PEM file");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{path}' cannot be read: {e.Message}", "--client-ca names a PEM file");
        }
    }

    private static ServiceFlags AddTo(Command command, ServiceFlags flags)
    {
        foreach (var option in flags.Options)
            command.Options.Add(option);
        return flags;
    }
}
