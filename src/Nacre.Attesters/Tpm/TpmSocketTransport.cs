using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Nacre.Attesters.Tpm;

/// <summary>
/// The data channel of swtpm: bare commands over a stream. It serves one connection at a time, so each command has its own: others may
/// speak with the same TPM in between.
/// </summary>
internal sealed class TpmSocketTransport(TpmEndpoint endpoint) : ITpmTransport
{
    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> command, CancellationToken cancel)
    {
        try
        {
            using var socket = await ConnectAsync(cancel);
            for (var sent = 0; sent < command.Length;)
                sent += await socket.SendAsync(command[sent..], SocketFlags.None, cancel);

            var header = new byte[TpmFrame.HeaderSize];
            await ReceiveAsync(socket, header, cancel);
            var size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(2));
            if (size is < TpmFrame.HeaderSize or > TpmFrame.MaxResponse)
                throw new TpmUnavailableException(endpoint, $"announces a response of {size} bytes: is this the data channel of a TPM 2.0?");

            var response = new byte[size];
            header.CopyTo(response, 0);
            await ReceiveAsync(socket, response.AsMemory(TpmFrame.HeaderSize), cancel);
            return response;
        }
        catch (SocketException error)
        {
            throw new TpmUnavailableException(endpoint, $"{error.Message}; is the TPM running?", error);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<Socket> ConnectAsync(CancellationToken cancel)
    {
        EndPoint address = endpoint is TpmEndpoint.UnixSocket unix
            ? new UnixDomainSocketEndPoint(unix.Path)
            : endpoint is TpmEndpoint.TcpSocket tcp ? ToAddress(tcp) : throw new System.Diagnostics.UnreachableException();

        var socket = address is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static EndPoint ToAddress(TpmEndpoint.TcpSocket tcp) =>
        IPAddress.TryParse(tcp.Host, out var address) ? new IPEndPoint(address, tcp.Port) : new DnsEndPoint(tcp.Host, tcp.Port);

    private async ValueTask ReceiveAsync(Socket socket, Memory<byte> buffer, CancellationToken cancel)
    {
        while (buffer.Length > 0)
        {
            var received = await socket.ReceiveAsync(buffer, SocketFlags.None, cancel);
            if (received == 0)
                throw new TpmUnavailableException(endpoint, "closed the connection before the end of its response");

            buffer = buffer[received..];
        }
    }
}
