using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Nacre.KeyBroker.Tls;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>
/// Messages with their length in front over one TLS connection (RFC 5425). Syslog has no acknowledgement: what is on its way when the
/// receiver ends is lost to it.
/// </summary>
internal sealed class SyslogTls(AuditExportOptions options) : IAuditTarget
{
    private TcpClient? _client;
    private SslStream? _stream;
    private Task _ending = Task.CompletedTask;

    public async Task SendAsync(IReadOnlyList<AuditExportLine> lines, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        foreach (var line in lines)
        {
            var message = SyslogText.Format(line, options.HostName);
            bytes.Write(Encoding.ASCII.GetBytes(message.Length.ToString(CultureInfo.InvariantCulture)));
            bytes.WriteByte((byte)' ');
            bytes.Write(message);
        }

        try
        {
            if (_ending.IsCompleted)
            {
                await CloseAsync();
                _stream = await ConnectAsync(cancel);

                // A receiver sends nothing: whatever ends this read is the end of the connection.
                _ending = _stream.ReadAsync(new byte[1], CancellationToken.None).AsTask();
            }

            var stream = _stream!;
            await stream.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), cancel);
            await stream.FlushAsync(cancel);
        }
        catch (Exception e) when (e is SocketException or AuthenticationException or IOException)
        {
            await CloseAsync();
            throw new IOException($"{options.Target} does not take the messages: {e.Message}", e);
        }
        catch
        {
            await CloseAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private async Task<SslStream> ConnectAsync(CancellationToken cancel)
    {
        _client = new TcpClient();
        await _client.ConnectAsync(options.Target.IdnHost, options.Target.Port, cancel);
        var stream = new SslStream(_client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = options.Target.IdnHost,
                    CertificateChainPolicy = AuthorityPolicy.For(options.Authorities),
                },
                cancel);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async ValueTask CloseAsync()
    {
        if (_stream is not null)
            await _stream.DisposeAsync();
        _client?.Dispose();
        (_stream, _client) = (null, null);

        // How it ended is of no use here: the lines are sent again.
        await _ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending = Task.CompletedTask;
    }
}
