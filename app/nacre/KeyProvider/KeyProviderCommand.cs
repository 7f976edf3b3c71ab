using System.CommandLine;
using Nacre.Cli.Image;
using Nacre.Guest.KeyProvider;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;

namespace Nacre.Cli.KeyProvider;

/// <summary><c>nacre keyprovider --listen ADDRESS</c>: for skopeo, buildah and everything else that uses ocicrypt.</summary>
internal static class KeyProviderCommand
{
    public static Command Create()
    {
        var listen = new Option<string>("--listen")
        {
            Description = "HOST:PORT on loopback, or unix:///PATH.",
            DefaultValueFactory = _ => "127.0.0.1:50001",
        };
        var command = new Command("keyprovider", "Wrap image keys for skopeo and buildah, and keep them at the key broker.") { listen };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            using var admin = server.ConnectAdmin(line);

            // A wrong address or token is told at once, not to the first skopeo.
            await admin.ListPoliciesAsync(cancel);
            using var service = new KeyProviderService(new KbsKeyRegistry(admin), resources: null);
            await using var listener = await GrpcServer.StartAsync(
                service.AddTo(new RpcTable()), RpcAddress.Parse(line.GetRequiredValue(listen)), e => Console.Error.WriteLine($"nacre: error: {e.Message}"), cancel);
            await Console.Error.WriteLineAsync($"nacre: key provider on {listener.Address}; stop with Ctrl-C");
            await Console.Out.WriteLineAsync($"{{\"key-providers\":{{\"attestation-agent\":{{\"grpc\":\"{listener.Address}\"}}}}}}");
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            }
            catch (OperationCanceledException)
            {
                // Ctrl-C is how this ends.
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
