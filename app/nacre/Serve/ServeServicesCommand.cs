using System.CommandLine;
using Nacre.Cli.Serve.Config;
using Nacre.KeyBroker;

namespace Nacre.Cli.Serve;

/// <summary>
/// <c>nacre serve as</c> and <c>nacre serve rvps</c>: one service of the trust server by itself, for key brokers that are elsewhere.
/// </summary>
internal static class ServeServicesCommand
{
    public static Command CreateAttestation()
    {
        var command = new Command(
            "as",
            "Run the Attestation Service alone. Example: nacre serve as --data /var/lib/nacre-as --grpc 127.0.0.1:50004 --rest http://127.0.0.1:8081");
        var development = new Option<bool>("--development") { Description = "Take sample evidence, which proves nothing." };
        command.Options.Add(development);
        var services = ServiceFlags.AddToAttestation(command);
        var operation = OperationFlags.AddTo(command);
        var store = StoreFlags.AddTo(command);
        var collateral = CollateralFlags.AddTo(command);
        var tokens = TokenFlags.AddTo(command);
        var rvps = ReferencesFlag.AddTo(command);
        var references = ReferenceFlags.AddTo(command, hasPolicies: true);
        var config = ConfigFlag.AddTo(
            command, "as-config.json (or .yaml, .toml)", store, (file, line) => AttestationConfig.Read(file, line.GetValue(development)));
        command.SetAction((line, cancel) => RunAsync(operation, config, line, Read, cancel));
        return command;

        TrustServerOptions Read(ParseResult line) => references.AddTo(line, Options(line, store, services, operation)) with
        {
            Development = line.GetValue(development),
            Collateral = collateral.Read(line, store.Read(line).Directory),
            Tokens = tokens.Read(line),
            ReferencesAddress = rvps.Read(line),
        };
    }

    public static Command CreateReferenceValues()
    {
        var command = new Command(
            "rvps",
            "Run the Reference Value Provider Service alone. Example: nacre serve rvps --data /var/lib/nacre-rvps --grpc 127.0.0.1:50003");
        var services = ServiceFlags.AddToReferenceValues(command);
        var operation = OperationFlags.AddTo(command);
        var store = StoreFlags.AddTo(command);
        var references = ReferenceFlags.AddTo(command, hasPolicies: false);
        var config = ConfigFlag.AddTo(command, "rvps.json (or .yaml, .toml)", store, (file, _) => RvpsConfig.Read(file));
        command.SetAction((line, cancel) => RunAsync(
            operation, config, line, joined => references.AddTo(joined, Options(joined, store, services, operation)), cancel));
        return command;
    }

    private static TrustServerOptions Options(ParseResult line, StoreFlags store, ServiceFlags services, OperationFlags operation)
    {
        var place = store.Read(line);
        return new TrustServerOptions
        {
            DataDirectory = place.Directory,
            Store = place.Address,
            StorePassword = place.Password,
            OpenMasterKeys = cancel => store.OpenMasterKeysAsync(line, cancel),
            Url = new Uri("https://localhost"),
            Services = services.Read(line),
            ServiceTls = services.ReadTls(line),
            MetricsUrl = operation.Metrics.Read(line),
        };
    }

    private static async Task<int> RunAsync(
        OperationFlags operation, ConfigFlag config, ParseResult line, Func<ParseResult, TrustServerOptions> read, CancellationToken cancel)
    {
        var collector = operation.Telemetry.Read(line);
        using var sent = ServerTelemetry.Start(collector);
        using var logs = ServerRun.CreateLogs(collector);
        return await config.RunAsync(
            line, (joined, _) => read(joined) with { Logs = logs }, options => RunAsync(options, operation.Drain.Read(line), cancel), cancel);
    }

    private static async Task<int> RunAsync(TrustServerOptions options, Drain drain, CancellationToken cancel)
    {
        AttestationServer server;
        try
        {
            server = await AttestationServer.StartAsync(options, cancel);
        }
        catch (TrustServerException e)
        {
            throw new CommandException(e.Message);
        }

        await using (server)
        {
            if (options.Development)
                await Console.Error.WriteLineAsync("nacre: development mode: sample evidence is taken, which anyone can make");
            await ServerRun.ServeAsync(server, server.Services, server.MetricsUrl, drain, cancel);
        }

        return ExitCode.Done;
    }
}
