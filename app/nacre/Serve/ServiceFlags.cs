using System.CommandLine;
using Nacre.Attestation.Services;
using Nacre.KeyBroker.Tls;

namespace Nacre.Cli.Serve;

/// <summary>Where the Attestation Service and reference values are served for other programs, and to whom.</summary>
internal sealed class ServiceFlags
{
    private readonly Option<string?>? _grpc;
    private readonly Option<string?>? _rest;
    private readonly Option<string?>? _references;

    private readonly Option<FileInfo?> _certificate = new("--service-cert")
    {
        Description = "PEM file with the certificate and chain for https addresses, read again when it changes; "
            + "the server's own authority issues one without it.",
    };

    private readonly Option<FileInfo?> _key = new("--service-key") { Description = "PEM file with its private key." };

    private readonly Option<FileInfo?> _clients = new("--client-ca")
    {
        Description = "PEM file with authorities: callers on https addresses show a certificate of them, and may then change things.",
    };

    private readonly Option<string> _clientMode = new("--service-client-cert")
    {
        Description = "With --client-ca: required, or optional when callers without one may attest and query.",
        DefaultValueFactory = _ => "required",
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
            .. ((Option?[])[_grpc, _rest, _references, _rest is null ? null : _origins]).OfType<Option>(), _certificate, _key, _clients, _clientMode,
            _insecure,
        ];
        _clientMode.AcceptOnlyFromAmong("required", "optional");
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
        Insecure = line.GetValue(_insecure),
        Origins = line.GetValue(_origins) ?? [],
    };

    /// <summary>Of https addresses.</summary>
    public TlsOptions ReadTls(ParseResult line)
    {
        var (certificate, key, clients) = (line.GetValue(_certificate), line.GetValue(_key), line.GetValue(_clients));
        if (certificate is null != key is null)
            throw new CommandException("--service-cert and --service-key belong together");
        if (clients is null && line.GetResult(_clientMode) is { Implicit: false })
            throw new CommandException("--service-client-cert says nothing without --client-ca");

        return new TlsOptions
        {
            AllowTls12 = true,
            CertificateFile = certificate?.FullName,
            KeyFile = key?.FullName,
            ClientAuthoritiesFile = clients?.FullName,
            ClientCertificates = line.GetValue(_clientMode) == "optional" ? ClientCertificates.Optional : ClientCertificates.Required,
        };
    }

    private static Option<string?>? Address(string? name, string description) => name is null ? null : new(name) { Description = description };

    private static string? Value(ParseResult line, Option<string?>? option) => option is null ? null : line.GetValue(option);

    private static ServiceFlags AddTo(Command command, ServiceFlags flags)
    {
        foreach (var option in flags.Options)
            command.Options.Add(option);
        return flags;
    }
}
