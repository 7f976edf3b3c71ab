using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nacre.Cli.Serve.Config;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Http;
using Nacre.Verifiers.Tpm;

namespace Nacre.Cli.Serve;

/// <summary><c>nacre serve</c>: the trust server, until SIGINT or SIGTERM.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "Where to listen; port 0 takes a free one.", DefaultValueFactory = _ => "https://127.0.0.1:8080" };
        var development = new Option<bool>("--development") { Description = "Take sample evidence, which proves nothing, and plain http. Never for real secrets." };
        var roots = new Option<FileInfo[]>("--tpm-root") { Description = "PEM file with authorities whose TPM endorsement keys are believed; may be repeated." };
        var explain = new Option<bool>("--explain-to-guests") { Description = "Tell refused guests the reason; without it only an id that the admin can look up." };
        var older = new Option<string[]>("--accept-protocol")
        {
            Description = "0.2.0: guests of upstream's 0.12 and 0.13 are served too; 0.3.0: those between 0.13 and 0.14. May be repeated.",
        };
        var limit = new Option<int?>("--rate-limit")
        {
            Description = "Requests per second that one client may make, 0 for any number (200, and any number from this machine).",
        };
        var command = new Command("serve", "Run the trust server. Example: nacre serve --data /var/lib/nacre --url https://127.0.0.1:8080 --tpm-root tpm-vendor.pem")
        {
            url, development, roots, explain, older, limit,
        };
        var plugins = PluginFlags.AddTo(command);
        var store = StoreFlags.AddTo(command);
        var tls = TlsFlags.AddTo(command);
        var operation = OperationFlags.AddTo(command);
        var collateral = CollateralFlags.AddTo(command);
        var admin = AdminFlags.AddTo(command);
        var certificates = AdminCertificateFlags.AddTo(command);
        var export = AuditExportFlags.AddTo(command);
        var tokens = TokenFlags.AddTo(command);
        var services = ServiceFlags.AddToServer(command);
        var backends = BackendFlags.AddTo(command);
        var rvps = ReferencesFlag.AddTo(command);
        var references = ReferenceFlags.AddTo(command, hasPolicies: true);
        var config = ConfigFlag.AddTo(
            command, "kbs-config.toml (or .yaml, .json)", store, (file, line) => KbsConfig.Read(file, line, line.GetValue(development)));
        command.Subcommands.Add(ServeServicesCommand.CreateAttestation());
        command.Subcommands.Add(ServeServicesCommand.CreateReferenceValues());
        command.SetAction(async (line, cancel) =>
        {
            var collector = operation.Telemetry.Read(line);
            using var sent = ServerTelemetry.Start(collector);
            using var logs = ServerRun.CreateLogs(collector);
            return await config.RunAsync(
                line, (joined, settings) => Read(joined, settings, logs), options => RunAsync(options, operation.Drain.Read(line), cancel), cancel);
        });
        return command;

        TrustServerOptions Read(ParseResult line, ServeSettings? settings, ILoggerFactory logs)
        {
            if (!Uri.TryCreate(line.GetRequiredValue(url), UriKind.Absolute, out var address))
                throw new CommandException($"'{line.GetValue(url)}' is no address to listen on", "it looks like https://127.0.0.1:8080");

            var place = store.Read(line);
            var (backend, trust) = backends.Read(line, line.GetValue(development), logs, settings?.ApiKey);
            return references.AddTo(line, new TrustServerOptions
            {
                DataDirectory = place.Directory,
                Store = place.Address,
                StorePassword = place.Password,
                OpenMasterKeys = stop => store.OpenMasterKeysAsync(line, stop),
                Url = address,
                Tls = tls.Read(line),
                Development = line.GetValue(development),
                Collateral = collateral.Read(line, place.Directory),
                AdminIssuers = admin.Read(line, logs),
                AdminCertificates = certificates.Read(line),
                AuditExport = export.Read(line),
                Tokens = tokens.Read(line),
                Backend = backend,
                TokenTrust = trust,
                ReferencesAddress = rvps.Read(line),
                Services = services.Read(line),
                ServiceTls = services.ReadTls(line),
                TpmRoots = ReadRoots(line.GetValue(roots) ?? []),
                Broker = new BrokerOptions
                {
                    ExplainToGuests = line.GetValue(explain),
                    OlderProtocols = [.. (line.GetValue(older) ?? []).Select(OlderProtocol)],
                    TeeKeyPaths = trust?.ExtraKeyPaths ?? [],
                    RequiredApprovals = admin.ReadApprovals(line),
                    RateLimit = line.GetValue(limit) is { } perSecond ? Limit(perSecond) : new BrokerOptions().RateLimit,
                    Plugins = plugins.Read(line),
                },
                Logs = logs,
                MetricsUrl = operation.Metrics.Read(line),
            });
        }
    }

    private static string OlderProtocol(string version) => OlderProtocols.FindProblem(version) is not { } problem
        ? version
        : throw new CommandException(
            $"protocol {version} cannot be taken: {problem}", $"--accept-protocol takes {string.Join(", ", OlderProtocols.Safe)}");

    private static RateLimitOptions Limit(int perSecond) => perSecond is >= 0 and <= 1_000_000
        ? new(perSecond, 5 * perSecond, SparesLoopback: false)
        : throw new CommandException("--rate-limit must be 0 to 1000000 requests per second");

    private static async Task<int> RunAsync(TrustServerOptions options, Drain drain, CancellationToken cancel)
    {
        TrustServer server;
        try
        {
            server = await TrustServer.StartAsync(options, cancel);
        }
        catch (TrustServerException e)
        {
            throw new CommandException(e.Message);
        }

        await using (server)
        {
            if (options.Development)
                await Console.Error.WriteLineAsync("nacre: development mode: sample evidence is taken, which anyone can make; never for real secrets");

            var address = server.Url.GetLeftPart(UriPartial.Authority);
            await Console.Out.WriteLineAsync($"listening on {address}, {TrustOf(options)}");
            await ServerRun.ServeAsync(server, server.Services, server.MetricsUrl, drain, cancel);
        }

        return ExitCode.Done;
    }

    private static string TrustOf(TrustServerOptions options) => options switch
    {
        { Url.Scheme: "http" } => "without TLS",
        { Tls.CertificateFile: { } certificate } => $"certificate {certificate}",
        _ => $"CA {TrustServer.CaPath(options.DataDirectory)}",
    };

    private static EkRoots ReadRoots(FileInfo[] files)
    {
        var pem = new System.Text.StringBuilder();
        foreach (var file in files)
        {
            try
            {
                var text = File.ReadAllText(file.FullName);
                if (EkRoots.FromPem(text).Count == 0 && files.Length == 1)
                    throw new CommandException($"'{file}' holds no self-signed certificate", "give the root authority too: --tpm-root ROOT.pem");
                if (!text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
                    throw new CommandException($"'{file}' holds no certificate in PEM", "convert it with: openssl x509 -inform der -in FILE -out FILE.pem");
                pem.AppendLine(text);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                throw new CommandException($"'{file}' holds a certificate that cannot be read: {e.Message}", "check it with: openssl x509 -noout -text -in FILE");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"'{file}' cannot be read: {e.Message}", "--tpm-root names a PEM file");
            }
        }

        return EkRoots.FromPem(pem.ToString());
    }
}
