using Google.Protobuf;

namespace Nacre.Rpc;

/// <summary>Answers one unary call: message bytes in, message bytes out. Failures are <see cref="RpcException"/>.</summary>
public delegate ValueTask<byte[]> RpcHandler(ReadOnlyMemory<byte> request, CancellationToken cancel);

/// <summary>Which calls there are: <c>package.Service</c> and method, as they stand in the proto files. One table serves gRPC and ttrpc.</summary>
public sealed class RpcTable
{
    /// <summary>Largest message in bytes, both ways (ttrpc's limit, and gRPC's default).</summary>
    public const int LargestMessage = 4 << 20;

    private readonly Dictionary<(string Service, string Method), RpcHandler> _handlers = [];

    public IEnumerable<(string Service, string Method)> Calls => _handlers.Keys;

    public RpcTable Add<TRequest, TResponse>(
        string service, string method, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, ValueTask<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage
    {
        _handlers.Add((service, method), async (request, cancel) => (await handler(Parse(parser, request), cancel)).ToByteArray());
        return this;
    }

    internal bool HasService(string service) => _handlers.Keys.Any(key => key.Service == service);

    internal RpcHandler? Find(string service, string method) => _handlers.GetValueOrDefault((service, method));

    private static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> request)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(request.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(RpcCode.InvalidArgument, $"the request is no valid message: {e.Message}", e);
        }
    }
}
