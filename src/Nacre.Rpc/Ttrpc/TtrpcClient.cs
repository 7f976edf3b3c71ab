using System.Collections.Concurrent;
using System.Net.Sockets;
using Google.Protobuf;
using Nacre.Rpc.Messages.Ttrpc;

namespace Nacre.Rpc.Ttrpc;

/// <summary>Unary ttrpc calls over one connection to a Unix socket; many may be under way at once. A broken connection ends them all.</summary>
public sealed class TtrpcClient : IAsyncDisposable
{
    private readonly string _path;
    private readonly NetworkStream _connection;
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<byte[]>> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private uint _lastStream = uint.MaxValue;

    private TtrpcClient(string path, NetworkStream connection)
    {
        (_path, _connection) = (path, connection);
        _reading = Task.Run(ReadAsync);
    }

    /// <exception cref="RpcException">UNAVAILABLE: nobody listens there.</exception>
    public static async Task<TtrpcClient> ConnectAsync(RpcAddress.UnixSocket address, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Path), cancel);
            return new(address.Path, new(socket, ownsSocket: true));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new RpcException(RpcCode.Unavailable, $"{address} does not answer: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="RpcException">The other side refused, or the connection broke (UNAVAILABLE).</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        string service, string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        var envelope = new Request
        {
            Service = service,
            Method = method,
            Payload = request.ToByteString(),
            TimeoutNano = timeout.Ticks * TimeSpan.NanosecondsPerTick,
        };
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(timeout);
        var stream = 0u;
        try
        {
            stream = await SendAsync(envelope.ToByteArray(), answer, deadline.Token);
            var response = Response.Parser.ParseFrom(await answer.Task.WaitAsync(deadline.Token));
            if (response.Status is { Code: not 0 } status)
                throw new RpcException(Enum.IsDefined((RpcCode)status.Code) ? (RpcCode)status.Code : RpcCode.Unknown, status.Message);
            return parser.ParseFrom(response.Payload);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new RpcException(RpcCode.DeadlineExceeded, $"{_path} did not answer within {timeout.TotalSeconds:0.#} s", e);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(RpcCode.Internal, "the answer is no valid message", e);
        }
        catch (IOException e)
        {
            throw new RpcException(RpcCode.Unavailable, $"{_path}: the connection is broken", e);
        }
        finally
        {
            _waiting.TryRemove(stream, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        await _connection.DisposeAsync();
        _stop.Dispose();
        _writing.Dispose();
    }

    private async Task<uint> SendAsync(byte[] envelope, TaskCompletionSource<byte[]> answer, CancellationToken cancel)
    {
        if (envelope.Length > RpcTable.LargestMessage)
            throw new RpcException(RpcCode.ResourceExhausted, $"a message of {envelope.Length} bytes, at most {RpcTable.LargestMessage} are sent");

        await _writing.WaitAsync(cancel);
        try
        {
            if (_reading.IsCompleted)
                throw new RpcException(RpcCode.Unavailable, $"{_path}: the connection is closed");

            // Odd and growing, in the order they are written: 1, 3, 5.
            var stream = unchecked(_lastStream += 2);
            _waiting[stream] = answer;
            // A frame that is half written would spoil all after it, so it is not cancelled.
            await _connection.WriteAsync(new TtrpcFrame(stream, TtrpcType.Request, 0, envelope).ToBytes(), CancellationToken.None);
            return stream;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        var broken = new RpcException(RpcCode.Unavailable, $"{_path}: the connection was closed");
        try
        {
            while (await TtrpcFrame.ReadAsync(_connection, Oversize, _stop.Token) is { } frame)
            {
                if (frame.Type == TtrpcType.Response && _waiting.TryRemove(frame.Stream, out var waiting))
                    waiting.TrySetResult(frame.Payload);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            broken = new(RpcCode.Unavailable, $"{_path}: the connection broke", e);
        }

        foreach (var stream in _waiting.Keys)
        {
            if (_waiting.TryRemove(stream, out var waiting))
                waiting.TrySetException(broken);
        }
    }

    private ValueTask Oversize(uint stream)
    {
        if (_waiting.TryRemove(stream, out var waiting))
            waiting.TrySetException(new RpcException(RpcCode.ResourceExhausted, $"the answer is larger than {RpcTable.LargestMessage} bytes"));
        return ValueTask.CompletedTask;
    }
}
