using System.Net.Sockets;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>One message a datagram: to a socket of this machine, which waits when it is full, or over UDP (RFC 5426).</summary>
internal sealed class SyslogDatagrams(AuditExportOptions options) : IAuditTarget
{
    private Socket? _socket;

    public async Task SendAsync(IReadOnlyList<AuditExportLine> lines, CancellationToken cancel)
    {
        try
        {
            _socket ??= await ConnectAsync(cancel);
            foreach (var line in lines)
                await _socket.SendAsync(SyslogText.Format(line, options.HostName), cancel);
        }
        catch (SocketException e)
        {
            _socket?.Dispose();
            _socket = null;
            throw new IOException($"{options.Target} does not take the message: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancel)
    {
        var isUnix = options.Kind == AuditExportKind.SyslogUnix;
        var socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) : new Socket(SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (isUnix)
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(options.Target.LocalPath), cancel);
            else
                await socket.ConnectAsync(options.Target.IdnHost, options.Target.Port, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
