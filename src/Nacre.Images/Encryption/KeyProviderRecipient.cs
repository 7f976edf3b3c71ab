using Google.Protobuf;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.KeyProvider;

namespace Nacre.Images.Encryption;

/// <summary>Lets a key provider wrap and unwrap, over gRPC (ocicrypt, keyprovider.md).</summary>
public sealed class KeyProviderRecipient(string name, string parameters, RpcAddress address) : ILayerRecipient, ILayerKeyUnwrapper
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
            using var client = new GrpcClient(address);
            var input = new KeyProviderKeyWrapProtocolInput { KeyProviderKeyWrapProtocolInput_ = UnsafeByteOperations.UnsafeWrap(json) };
            var output = await client.CallAsync(Service, method, input, KeyProviderKeyWrapProtocolOutput.Parser, s_timeout, cancel);
            return output.KeyProviderKeyWrapProtocolOutput_.ToByteArray();
        }
        catch (RpcException e)
        {
            throw new ImageException(ImageFault.KeyUnavailable, $"the key provider '{name}' refuses: {e.Message} ({e.Code})", address.ToString(),
                e.Code == RpcCode.Unavailable ? "start it: nacre keyprovider --listen ADDRESS" : "see the reason given", e);
        }
    }
}
