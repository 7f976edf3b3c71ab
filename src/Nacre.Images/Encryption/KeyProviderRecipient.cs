using System.Text;
using Google.Protobuf;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.KeyProvider;
using Nacre.Rpc.Ttrpc;

namespace Nacre.Images.Encryption;

/// <summary>Lets a key provider wrap and unwrap: over gRPC or ttrpc, or by running a command (ocicrypt, keyprovider.md).</summary>
public sealed class KeyProviderRecipient(string name, string parameters, KeyProviderEndpoint endpoint) : ILayerRecipient, ILayerKeyUnwrapper
{
    private const string Service = "keyprovider.KeyProviderService";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(50);

    public string Annotation => LayerKeyAnnotations.ProviderPrefix + name;

    public bool Reads(string annotation) => annotation == Annotation;

    public async ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> privateOptions, CancellationToken cancel) =>
        KeyProviderProtocol.ReadWrapResult(
            await CallAsync("WrapKey", KeyProviderProtocol.WriteWrapRequest(name, parameters, privateOptions.Span), cancel));

    public async ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> packet, string where, CancellationToken cancel) =>
        KeyProviderProtocol.ReadUnwrapResult(await CallAsync("UnWrapKey", KeyProviderProtocol.WriteUnwrapRequest(name, packet.Span), cancel));

    private async Task<byte[]> CallAsync(string method, byte[] json, CancellationToken cancel)
    {
        try
        {
            if (endpoint is KeyProviderEndpoint.Command command)
                return await RunAsync(command, json, cancel);

            var input = new KeyProviderKeyWrapProtocolInput { KeyProviderKeyWrapProtocolInput_ = UnsafeByteOperations.UnsafeWrap(json) };
            var output = await CallAsync(method, input, cancel);
            return output.KeyProviderKeyWrapProtocolOutput_.ToByteArray();
        }
        catch (RpcException e)
        {
            throw new ImageException(ImageFault.KeyUnavailable, $"the key provider '{name}' refuses: {e.Message} ({e.Code})", endpoint.ToString()!,
                e.Code == RpcCode.Unavailable ? "start it: nacre keyprovider --listen ADDRESS" : "see the reason given", e);
        }
    }

    private async Task<KeyProviderKeyWrapProtocolOutput> CallAsync(string method, KeyProviderKeyWrapProtocolInput input, CancellationToken cancel)
    {
        switch (endpoint)
        {
            case KeyProviderEndpoint.Grpc grpc:
                using (var client = new GrpcClient(grpc.Address))
                    return await client.CallAsync(Service, method, input, KeyProviderKeyWrapProtocolOutput.Parser, s_timeout, cancel);
            case KeyProviderEndpoint.Ttrpc ttrpc:
                await using (var client = await TtrpcClient.ConnectAsync(ttrpc.Address, cancel))
                    return await client.CallAsync(Service, method, input, KeyProviderKeyWrapProtocolOutput.Parser, s_timeout, cancel);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // One request on standard input, the answer on standard output; the method stands in the request.
    private async Task<byte[]> RunAsync(KeyProviderEndpoint.Command command, byte[] json, CancellationToken cancel)
    {
        var answer = await ExternalProgram.AskAsync(command.Path, command.Arguments, json, s_timeout, cancel);
        if (answer.ExitCode == 0)
            return answer.Output;

        var said = Encoding.UTF8.GetString(answer.Error.AsSpan(0, Math.Min(answer.Error.Length, 500))).Trim();
        throw new ImageException(ImageFault.KeyUnavailable, $"the key provider '{name}' ended with {answer.ExitCode}: {said}", command.Path, "see the reason given");
    }
}
