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
            if (IsEnded())
                await CloseAsync();
            var stream = _stream ??= await ConnectAsync(cancel);
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

    // A receiver sends nothing: what can be read is the end.
    private bool IsEnded() => _client?.Client.Poll(0, SelectMode.SelectRead) == true && _client.Available == 0;

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
    }
}
