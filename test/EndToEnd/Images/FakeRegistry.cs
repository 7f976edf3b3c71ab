using System.Net;
using System.Net.Sockets;

namespace Nacre.EndToEndTests.Images;

/// <summary>An HTTP server that answers whatever a test wants, and remembers what it was asked.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly HttpListener _listener = new();
    private readonly Func<HttpListenerRequest, HttpListenerResponse, Task> _answer;
    private readonly Task _serving;
    private readonly CancellationTokenSource _over = new();

    public FakeRegistry(Func<HttpListenerRequest, HttpListenerResponse, Task> answer)
    {
        _answer = answer;
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Host = $"127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        }

        _listener.Prefixes.Add($"http://{Host}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Host { get; }

    public string Name => $"docker://{Host}/team/app:1";

    /// <summary>Path with query, and the Authorization header, of each request.</summary>
    public List<(string Path, string? Authorization)> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        // Asked for a request at the moment in which it is closed, a listener may never answer.
        await _over.CancelAsync();

        // Not Stop before it: what is closed twice is opened again in between, on a port that may be somebody else's by then.
        _listener.Close();
        await _serving;
        _over.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(AnswerAsync(await _listener.GetContextAsync().WaitAsync(_over.Token)));
        }
        catch (Exception e) when (e is HttpListenerException || (_over.IsCancellationRequested && e is (InvalidOperationException or OperationCanceledException)))
        {
            // The test is over; which of them depends on whether the listener was waiting just then.
        }

        await Task.WhenAll(open).WaitAsync(s_patience);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        lock (Requests)
            Requests.Add((context.Request.RawUrl!, context.Request.Headers["Authorization"]));
        try
        {
            await _answer(context.Request, context.Response);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException || (_over.IsCancellationRequested && e is InvalidOperationException))
        {
            // The client has had enough.
        }
    }
}
