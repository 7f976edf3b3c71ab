using System.Net.Sockets;
using Nacre.Attesters.Tpm;

namespace Nacre.UnitTests.Attesters;

[Trait("Group", "Tpm")]
public sealed class TpmSocketTransportTests
{
    private static readonly byte[] s_command = new byte[10];

    [Fact]
    public async Task Reads_an_answer_that_arrives_in_pieces_over_a_unix_socket()
    {
        var answer = ScriptedTpm.Answer("0004cafebabe");

        Assert.Equal(answer, await ExchangeAsync(answer[..3], answer[3..12], answer[12..]));
    }

    [Theory]
    [InlineData("80010000")]
    [InlineData("80010000000900000000")]
    [InlineData("80017fffffff00000000")]
    [InlineData("8001000000100000000000")]
    [InlineData("")]
    public async Task Refuses_what_is_no_whole_answer(string hex)
    {
        var error = await Assert.ThrowsAsync<TpmUnavailableException>(() => ExchangeAsync(Convert.FromHexString(hex)));

        Assert.StartsWith("TPM at unix:/", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_where_when_nobody_listens()
    {
        var transport = new TpmSocketTransport(TpmEndpoint.Parse("unix:/nonexistent/swtpm.sock"));

        var error = await Assert.ThrowsAsync<TpmUnavailableException>(() => transport.ExchangeAsync(s_command, CancellationToken.None).AsTask());

        Assert.Contains("/nonexistent/swtpm.sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_device_is_named_with_what_to_do()
    {
        await using var device = TpmDevice.Open(TpmEndpoint.Parse("/dev/nonexistent-tpm"), TimeProvider.System);

        var error = await Assert.ThrowsAsync<TpmUnavailableException>(() => device.GetRandomAsync(1, CancellationToken.None).AsTask());

        Assert.Contains("group tss", error.Message, StringComparison.Ordinal);
    }

    private static async Task<byte[]> ExchangeAsync(params byte[][] pieces)
    {
        var directory = Directory.CreateTempSubdirectory("nacre-tpm-");
        try
        {
            var path = Path.Combine(directory.FullName, "s");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var serving = ServeAsync(listener, pieces);
            try
            {
                var transport = new TpmSocketTransport(TpmEndpoint.Parse("unix:" + path));
                return await transport.ExchangeAsync(s_command, CancellationToken.None);
            }
            finally
            {
                await serving;
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task ServeAsync(Socket listener, byte[][] pieces)
    {
        using var peer = await listener.AcceptAsync();
        var command = new byte[s_command.Length];
        for (var read = 0; read < command.Length;)
            read += await peer.ReceiveAsync(command.AsMemory(read), SocketFlags.None);

        foreach (var piece in pieces)
        {
            await peer.SendAsync(piece, SocketFlags.None);
            await Task.Delay(5);
        }
    }
}
