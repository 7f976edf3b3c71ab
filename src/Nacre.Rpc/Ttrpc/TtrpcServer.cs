using System.Net.Sockets;
using Google.Protobuf;
using Nacre.Rpc.Messages.Ttrpc;

namespace Nacre.Rpc.Ttrpc;

/// <summary>
/// Unary ttrpc on a Unix socket that only its owner may open. Calls of one connection run beside each other and are answered in any
/// order. Failures of a handler other than <see cref="RpcException"/> reach the caller as INTERNAL without their text.
/// </summary>
public sealed class TtrpcServer : IAsyncDisposable
{
    private const int MostConnections = 256;
    private const int MostCallsAtOnce = 64;
    private static readonly TimeSpan s_longestCall = TimeSpan.FromMinutes(5);

    private readonly RpcTable _table;
    private readonly Action<Exception>? _failed;
    private readonly Socket _listener;
    private readonly string _path;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _connections = new(MostConnections);
    private readonly Task _accepting;

    private TtrpcServer(RpcTable table, string path, Socket listener, Action<Exception>? failed)
    {
        (_table, _path, _listener, _failed) = (table, path, listener, failed);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <exception cref="SocketException">The path cannot be used.</exception>
    public static TtrpcServer Start(RpcTable table, RpcAddress.UnixSocket address, Action<Exception>? failed)
    {
        // What a dead server left behind would make bind fail (guest.md 0.2).
        File.Delete(address.Path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(address.Path));
            File.SetUnixFileMode(address.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen();
            return new(table, address.Path, listener, failed);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        File.Delete(_path);
        _stop.Dispose();
        _connections.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                await _connections.WaitAsync(_stop.Token);
                var socket = await _listener.AcceptAsync(_stop.Token);
                open.RemoveAll(task => task.IsCompleted);
                open.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server is being stopped.
        }

        await Task.WhenAll(open);
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var connection = new NetworkStream(socket, ownsSocket: true);
        using var writing = new SemaphoreSlim(1);
        using var calls = new SemaphoreSlim(MostCallsAtOnce);
        var running = new List<Task>();
        try
        {
            var last = 0u;
            while (await TtrpcFrame.ReadAsync(connection, Oversize, _stop.Token) is { } frame)
            {
                if (frame.Type != TtrpcType.Request)
                    continue;

                // Streams of clients are odd and grow.
                if (frame.Stream % 2 == 0 || frame.Stream <= last)
                {
                    await AnswerAsync(connection, writing, frame.Stream, Refusal(RpcCode.InvalidArgument, "the stream id must be odd and new"));
                    continue;
                }

                last = frame.Stream;
                await calls.WaitAsync(_stop.Token);
                running.RemoveAll(task => task.IsCompleted);
                running.Add(HandleAsync(frame));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The connection is gone; so are the callers.
        }
        finally
        {
            await Task.WhenAll(running);
            _connections.Release();
        }

        ValueTask Oversize(uint stream) => AnswerAsync(
            connection, writing, stream, Refusal(RpcCode.ResourceExhausted, $"at most {RpcTable.LargestMessage} bytes are read"));

        async Task HandleAsync(TtrpcFrame frame)
        {
            try
            {
                await AnswerAsync(connection, writing, frame.Stream, await CallAsync(frame.Payload));
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // Nobody is there to read the answer.
            }
            finally
            {
                calls.Release();
            }
        }
    }

    private async ValueTask<Response> CallAsync(byte[] payload)
    {
        try
        {
            var request = Request.Parser.ParseFrom(payload);
            if (_table.Find(request.Service, request.Method) is not { } handler)
            {
                return _table.HasService(request.Service)
                    ? Refusal(RpcCode.NotFound, $"/{request.Service}/{request.Method} is not supported")
                    : Refusal(RpcCode.Unimplemented, $"{request.Service} is not served here");
            }

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var asked = TimeSpan.FromTicks(request.TimeoutNano / TimeSpan.NanosecondsPerTick);
            deadline.CancelAfter(asked > TimeSpan.Zero && asked < s_longestCall ? asked : s_longestCall);
            var answer = await handler(request.Payload.Memory, deadline.Token);
            return new() { Payload = UnsafeByteOperations.UnsafeWrap(answer) };
        }
        catch (RpcException e)
        {
            return Refusal(e.Code, e.Message);
        }
        catch (InvalidProtocolBufferException)
        {
            return Refusal(RpcCode.InvalidArgument, "the request is no valid message");
        }
        catch (OperationCanceledException)
        {
            return Refusal(RpcCode.DeadlineExceeded, "the deadline has passed");
        }
        catch (Exception e)
        {
            // The boundary of the process: the caller hears that it failed, the log why.
            _failed?.Invoke(e);
            return Refusal(RpcCode.Internal, "the call failed; the log of the server says why");
        }
    }

    private static async ValueTask AnswerAsync(Stream connection, SemaphoreSlim writing, uint stream, Response response)
    {
        var bytes = response.ToByteArray();
        if (bytes.Length > RpcTable.LargestMessage)
            bytes = Refusal(RpcCode.ResourceExhausted, "the answer is too large").ToByteArray();

        await writing.WaitAsync();
        try
        {
            await connection.WriteAsync(new TtrpcFrame(stream, TtrpcType.Response, 0, bytes).ToBytes());
        }
        finally
        {
            writing.Release();
        }
    }

    private static Response Refusal(RpcCode code, string message) => new() { Status = new() { Code = (int)code, Message = message } };
}
