using System.CommandLine;
using Nacre.Cli.Image;
using Nacre.Guest.KeyProvider;
using Nacre.Images;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;

namespace Nacre.Cli.KeyProvider;

/// <summary><c>nacre keyprovider --listen ADDRESS</c>: for skopeo, buildah and everything else that uses ocicrypt.</summary>
internal static class KeyProviderCommand
{
    /// <param name="registry">Makes the place where new keys are kept; called once at the start, so that a wrong address is told at once.</param>
    /// <param name="resources">Makes the source of keys to unwrap with; null: only wrapping is served.</param>
    public static Command Create(
        Func<CancellationToken, Task<IKeyRegistry>>? registry = null, Func<CancellationToken, Task<IResourceSource>>? resources = null)
    {
        var listen = new Option<string>("--listen")
        {
            Description = "HOST:PORT on loopback, or unix:///PATH.",
            DefaultValueFactory = _ => "127.0.0.1:50001",
        };
        var command = new Command("keyprovider", "Wrap image keys for skopeo and buildah, and keep them at the key broker.") { listen };
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var keeper = registry is null ? null : await registry(cancel);
            var source = resources is null ? null : new LazyResourceSource(resources);
            var table = new KeyProviderService(keeper, source).AddTo(new RpcTable());
            await using var server = await GrpcServer.StartAsync(
                table, RpcAddress.Parse(line.GetRequiredValue(listen)), e => Console.Error.WriteLine($"nacre: error: {e.Message}"), cancel);
            await Console.Error.WriteLineAsync($"nacre: key provider on {server.Address}; stop with Ctrl-C");
            await Console.Out.WriteLineAsync($"{{\"key-providers\":{{\"attestation-agent\":{{\"grpc\":\"{server.Address}\"}}}}}}");
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
