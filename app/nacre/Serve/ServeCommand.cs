using System.CommandLine;
using System.Security.Cryptography;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Http;
using Nacre.Verifiers.Tpm;

namespace Nacre.Cli.Serve;

/// <summary><c>nacre serve</c>: the trust server, until SIGINT or SIGTERM.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "Where to listen; port 0 takes a free one.", DefaultValueFactory = _ => "https://127.0.0.1:8080" };
        var development = new Option<bool>("--development") { Description = "Take sample evidence, which proves nothing, and plain http. Never for real secrets." };
        var roots = new Option<FileInfo[]>("--tpm-root") { Description = "PEM file with authorities whose TPM endorsement keys are believed; may be repeated." };
        var explain = new Option<bool>("--explain-to-guests") { Description = "Tell refused guests the reason; without it only an id that the admin can look up." };
        var metrics = new Option<string?>("--metrics-url")
        {
            Description = "Where to serve metrics for Prometheus, such as http://127.0.0.1:9464; nowhere without it.",
        };
        var limit = new Option<int?>("--rate-limit")
        {
            Description = "Requests per second that one client may make, 0 for any number (200, and any number from this machine).",
        };
        var command = new Command("serve", "Run the trust server. Example: nacre serve --data /var/lib/nacre --url https://127.0.0.1:8080 --tpm-root tpm-vendor.pem")
        {
            url, development, roots, explain, metrics, limit,
        };
        var store = StoreFlags.AddTo(command);
        var collateral = CollateralFlags.AddTo(command);
        var admin = AdminFlags.AddTo(command);
        var certificates = AdminCertificateFlags.AddTo(command);
        var export = AuditExportFlags.AddTo(command);
        var tokens = TokenFlags.AddTo(command);
        var services = ServiceFlags.AddToServer(command);
        command.Subcommands.Add(ServeServicesCommand.CreateAttestation());
        command.Subcommands.Add(ServeServicesCommand.CreateReferenceValues());
        command.SetAction(async (line, cancel) =>
        {
            if (!Uri.TryCreate(line.GetRequiredValue(url), UriKind.Absolute, out var address))
                throw new CommandException($"'{line.GetValue(url)}' is no address to listen on", "it looks like https://127.0.0.1:8080");

            using var logs = ServerRun.CreateLogs();
            var place = store.Read(line);
            var options = new TrustServerOptions
            {
                DataDirectory = place.Directory,
                Store = place.Address,
                StorePassword = place.Password,
                OpenMasterKey = () => store.OpenMasterKey(line),
                Url = address,
                Development = line.GetValue(development),
                Collateral = collateral.Read(line, place.Directory),
                AdminIssuers = admin.Read(line, logs),
                AdminCertificates = certificates.Read(line),
                AuditExport = export.Read(line),
                Tokens = tokens.Read(line),
                Services = services.Read(line),
                TpmRoots = ReadRoots(line.GetValue(roots) ?? []),
                Broker = new BrokerOptions
                {
                    ExplainToGuests = line.GetValue(explain),
                    RequiredApprovals = admin.ReadApprovals(line),
                    RateLimit = line.GetValue(limit) is { } perSecond ? Limit(perSecond) : new BrokerOptions().RateLimit,
                },
                MetricsUrl = line.GetValue(metrics) is { } text ? MetricsAddress(text) : null,
                Logs = logs,
            };
            return await RunAsync(options, Console.Out, Console.Error, cancel);
        });
        return command;
    }

    private static RateLimitOptions Limit(int perSecond) => perSecond is >= 0 and <= 1_000_000
        ? new(perSecond, 5 * perSecond, SparesLoopback: false)
        : throw new CommandException("--rate-limit must be 0 to 1000000 requests per second");

    private static Uri MetricsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address)
        ? address : throw new CommandException($"'{text}' is no address for --metrics-url", "it looks like http://127.0.0.1:9464");

    private static async Task<int> RunAsync(TrustServerOptions options, TextWriter output, TextWriter error, CancellationToken cancel)
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
                await error.WriteLineAsync("nacre: development mode: sample evidence is taken, which anyone can make; never for real secrets");

            var address = server.Url.GetLeftPart(UriPartial.Authority);
            await output.WriteLineAsync(server.Url.Scheme == "https"
                ? $"listening on {address}, CA {TrustServer.CaPath(options.DataDirectory)}" : $"listening on {address}, without TLS");
            await ServerRun.TellAsync(output, server.Services, cancel);
            if (server.MetricsUrl is { } metrics)
                await error.WriteLineAsync($"nacre: metrics at {new Uri(metrics, "/metrics")}");
            await ServerRun.StopRequestedAsync(cancel);

            using var drain = new CancellationTokenSource(s_drain);
            await server.StopAsync(drain.Token);
        }

        return ExitCode.Done;
    }

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
