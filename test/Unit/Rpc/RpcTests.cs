using System.Net.Sockets;
using Google.Protobuf;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.KeyProvider;
using Nacre.Rpc.Ttrpc;

namespace Nacre.UnitTests.Rpc;

/// <summary>The same calls over both wires.</summary>
[Trait("Group", "Rpc")]
public sealed class RpcTests : IAsyncLifetime
{
    private const string Service = "keyprovider.KeyProviderService";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-rpc-").FullName;
    private readonly TaskCompletionSource _neverCalled = new();
    private readonly List<Exception> _failures = [];
    private readonly Dictionary<string, (RpcAddress Address, IAsyncDisposable Server)> _servers = [];

    public async ValueTask InitializeAsync()
    {
        var table = new RpcTable()
            .Add(Service, "WrapKey", KeyProviderKeyWrapProtocolInput.Parser, (input, _) => new ValueTask<KeyProviderKeyWrapProtocolOutput>(Output([.. input.KeyProviderKeyWrapProtocolInput_.Reverse()])))
            .Add<KeyProviderKeyWrapProtocolInput, KeyProviderKeyWrapProtocolOutput>(Service, "Refuse", KeyProviderKeyWrapProtocolInput.Parser, (_, _) => throw new RpcException(RpcCode.PermissionDenied, "no – 100 % no"))
            .Add<KeyProviderKeyWrapProtocolInput, KeyProviderKeyWrapProtocolOutput>(Service, "Fail", KeyProviderKeyWrapProtocolInput.Parser, (_, _) => throw new InvalidOperationException("password is 1234"))
            .Add(Service, "Hang", KeyProviderKeyWrapProtocolInput.Parser, async (_, cancel) =>
            {
                await _neverCalled.Task.WaitAsync(cancel);
                return Output([]);
            });
        var unix = new RpcAddress.UnixSocket(Path.Combine(_directory, "grpc.sock"));
        var ttrpc = new RpcAddress.UnixSocket(Path.Combine(_directory, "ttrpc.sock"));
        await File.WriteAllTextAsync(ttrpc.Path, "stale");
        var tcp = await GrpcServer.StartAsync(table, RpcAddress.Parse("127.0.0.1:0"), _failures.Add, CancellationToken.None);
        _servers["grpc-tcp"] = (tcp.Address, tcp);
        _servers["grpc-unix"] = (unix, await GrpcServer.StartAsync(table, unix, _failures.Add, CancellationToken.None));
        _servers["ttrpc"] = (ttrpc, TtrpcServer.Start(table, ttrpc, _failures.Add));
    }

    [Theory]
    [InlineData("grpc-tcp", 0)]
    [InlineData("grpc-tcp", 3_000_000)]
    [InlineData("grpc-unix", 100)]
    [InlineData("ttrpc", 0)]
    [InlineData("ttrpc", 3_000_000)]
    public async Task Answers(string wire, int size)
    {
        var message = new byte[size];
        new Span<byte>(message).Fill(7);
        if (size > 0)
            message[0] = 1;

        Assert.Equal(message.Reverse(), await CallAsync(wire, "WrapKey", message));
    }

    [Theory]
    [InlineData("grpc-tcp")]
    [InlineData("ttrpc")]
    public async Task Answers_many_at_once(string wire)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => CallAsync(wire, "WrapKey", [(byte)i, 0xff])));
        Assert.All(answers.Index(), answer => Assert.Equal([0xff, (byte)answer.Index], answer.Item));
    }

    [Theory]
    [InlineData("grpc-tcp")]
    [InlineData("grpc-unix")]
    [InlineData("ttrpc")]
    public async Task Hands_on_code_and_message_of_a_refusal(string wire)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(wire, "Refuse", []));
        Assert.Equal((RpcCode.PermissionDenied, "no – 100 % no"), (error.Code, error.Message));
    }

    [Theory]
    [InlineData("grpc-tcp")]
    [InlineData("ttrpc")]
    public async Task Keeps_the_text_of_an_unexpected_failure_to_itself(string wire)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(wire, "Fail", []));
        Assert.Equal(RpcCode.Internal, error.Code);
        Assert.DoesNotContain("1234", error.Message, StringComparison.Ordinal);
        Assert.Contains(_failures, failure => failure is InvalidOperationException);
    }

    [Theory]
    [InlineData("grpc-tcp", RpcCode.Unimplemented)]
    [InlineData("ttrpc", RpcCode.NotFound)]
    public async Task Says_that_a_method_is_unknown(string wire, RpcCode code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => CallAsync(wire, "Nothing", []))).Code);

    [Theory]
    [InlineData("grpc-tcp")]
    [InlineData("ttrpc")]
    public async Task Ends_a_call_at_its_deadline(string wire)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(wire, "Hang", [], TimeSpan.FromMilliseconds(200)));
        Assert.Equal(RpcCode.DeadlineExceeded, error.Code);
    }

    [Theory]
    [InlineData("ttrpc")]
    [InlineData("grpc-tcp")]
    public async Task Refuses_a_message_that_is_too_large_and_goes_on(string wire)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(wire, "WrapKey", new byte[RpcTable.LargestMessage + 1]));
        Assert.True(error.Code is RpcCode.ResourceExhausted or RpcCode.Unavailable or RpcCode.Internal, error.Code.ToString());
        Assert.Equal([2, 1], await CallAsync(wire, "WrapKey", [1, 2]));
    }

    [Fact]
    public async Task Ttrpc_refuses_even_streams_and_skips_oversize_frames()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(((RpcAddress.UnixSocket)_servers["ttrpc"].Address).Path));
        await using var stream = new NetworkStream(socket);

        await stream.WriteAsync(new TtrpcFrame(2, TtrpcType.Request, 0, []).ToBytes());
        var answer = await TtrpcFrame.ReadAsync(stream, _ => ValueTask.CompletedTask, CancellationToken.None);
        Assert.Equal((2u, TtrpcType.Response), (answer!.Value.Stream, answer.Value.Type));
        Assert.Equal((byte)RpcCode.InvalidArgument, answer.Value.Payload[3]);

        await stream.WriteAsync(new TtrpcFrame(1, TtrpcType.Request, 0, new byte[RpcTable.LargestMessage + 1]).ToBytes());
        answer = await TtrpcFrame.ReadAsync(stream, _ => ValueTask.CompletedTask, CancellationToken.None);
        Assert.Equal((1u, (byte)RpcCode.ResourceExhausted), (answer!.Value.Stream, answer.Value.Payload[3]));
    }

    [Fact]
    public void Sockets_belong_to_their_owner_only()
    {
        foreach (var wire in (ReadOnlySpan<string>)["grpc-unix", "ttrpc"])
        {
            var path = ((RpcAddress.UnixSocket)_servers[wire].Address).Path;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task Is_not_served_beyond_this_machine() =>
        await Assert.ThrowsAsync<IOException>(() => GrpcServer.StartAsync(new RpcTable(), RpcAddress.Parse("0.0.0.0:0"), null, CancellationToken.None));

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttrpc")]
    public async Task Says_when_nobody_is_there(string wire)
    {
        var address = new RpcAddress.UnixSocket(Path.Combine(_directory, "nobody"));
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            if (wire == "ttrpc")
            {
                await using var client = await TtrpcClient.ConnectAsync(address, CancellationToken.None);
            }
            else
            {
                using var client = new GrpcClient(address);
                await client.CallAsync(Service, "WrapKey", new KeyProviderKeyWrapProtocolInput(), KeyProviderKeyWrapProtocolOutput.Parser, s_patience, CancellationToken.None);
            }
        });
        Assert.Equal(RpcCode.Unavailable, error.Code);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("unix://relative")]
    [InlineData(":1")]
    public void Refuses_what_is_no_address(string text) => Assert.Throws<FormatException>(() => RpcAddress.Parse(text));

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, server) in _servers.Values)
            await server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<byte[]> CallAsync(string wire, string method, byte[] message, TimeSpan? timeout = null)
    {
        var request = new KeyProviderKeyWrapProtocolInput { KeyProviderKeyWrapProtocolInput_ = ByteString.CopyFrom(message) };
        var address = _servers[wire].Address;
        if (wire == "ttrpc")
        {
            await using var client = await TtrpcClient.ConnectAsync((RpcAddress.UnixSocket)address, CancellationToken.None);
            var answer = await client.CallAsync(Service, method, request, KeyProviderKeyWrapProtocolOutput.Parser, timeout ?? s_patience, CancellationToken.None);
            return answer.KeyProviderKeyWrapProtocolOutput_.ToByteArray();
        }

        using var grpc = new GrpcClient(address);
        return (await grpc.CallAsync(Service, method, request, KeyProviderKeyWrapProtocolOutput.Parser, timeout ?? s_patience, CancellationToken.None))
            .KeyProviderKeyWrapProtocolOutput_.ToByteArray();
    }

    private static KeyProviderKeyWrapProtocolOutput Output(byte[] bytes) => new() { KeyProviderKeyWrapProtocolOutput_ = ByteString.CopyFrom(bytes) };
}
