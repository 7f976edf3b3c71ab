using System.Net;
using System.Net.Sockets;

namespace Nacre.EndToEndTests.Images;

/// <summary>Hands on TCP, but cuts each connection once after so many bytes of answer.</summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private BreakingProxy(int target, int breakAfter)
    {
        _listener.Start();
        _accepting = AcceptAsync(target, breakAfter);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Breaks { get; private set; }

    public static BreakingProxy Start(int target, int breakAfter) => new(target, breakAfter);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(int target, int breakAfter)
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), target, breakAfter));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over.
        }

        await Task.WhenAll(open);
    }

    private async Task ServeAsync(TcpClient client, int target, int breakAfter)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target, _stop.Token);
                var (down, up) = (client.GetStream(), server.GetStream());
                await Task.WhenAny(down.CopyToAsync(up, _stop.Token), AnswerAsync(up, down, breakAfter));
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // One side has gone.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to, int breakAfter)
    {
        var buffer = new byte[16 * 1024];
        var sent = 0;
        int count;
        while ((count = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            sent += count;
            if (sent > breakAfter)
            {
                Breaks++;
                return;
            }
        }
    }
}
