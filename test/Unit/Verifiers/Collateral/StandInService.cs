using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>A server on loopback in the place of a vendor's: it answers as it is told, and counts.</summary>
internal sealed class StandInService : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public StandInService()
    {
        // HttpListener takes no port 0. Another may take the free one in between, so a few are tried.
        for (var attempt = 1; ; attempt++)
        {
            Url = new($"http://127.0.0.1:{FreePort()}/");
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add(Url.ToString());
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 5)
            {
            }
        }

        _loop = LoopAsync();
    }

    public Uri Url { get; }

    /// <summary>What is answered to a path; a path that is not here gets 404. Replace entries as the test goes on.</summary>
    public ConcurrentDictionary<string, Func<HttpListenerContext, CancellationToken, Task>> Answers { get; } = new();

    /// <summary>Paths with their queries, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public int Count(string path) => Asked.Count(one => one.Split('?')[0] == path);

    public void Serve(string path, byte[] body, params (string Name, string Value)[] headers) => Answers[path] = async (context, cancel) =>
    {
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        context.Response.ContentLength64 = body.Length;
        await context.Response.OutputStream.WriteAsync(body, cancel);
    };

    public void Refuse(string path, int status, params (string Name, string Value)[] headers) => Answers[path] = (context, _) =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        return Task.CompletedTask;
    };

    /// <summary>Sends the headers and then nothing.</summary>
    public void Stall(string path) => Answers[path] = async (context, cancel) =>
    {
        context.Response.ContentLength64 = 1000;
        await context.Response.OutputStream.WriteAsync(new byte[1], cancel);
        await context.Response.OutputStream.FlushAsync(cancel);
        await Task.Delay(Timeout.Infinite, cancel);
    };

    /// <summary>Never stops sending.</summary>
    public void Flood(string path) => Answers[path] = async (context, cancel) =>
    {
        context.Response.SendChunked = true;
        while (true)
            await context.Response.OutputStream.WriteAsync(new byte[64 * 1024], cancel);
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Close();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
                running.Add(AnswerAsync(await _listener.GetContextAsync().WaitAsync(_stop.Token)));
        }
        catch (Exception error) when (error is HttpListenerException || (_stop.IsCancellationRequested && error is (InvalidOperationException or OperationCanceledException)))
        {
            // Closed; which of the two depends on whether the listener was waiting just then.
            await Task.WhenAll(running);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        Asked.Enqueue(context.Request.Url!.PathAndQuery);
        try
        {
            if (Answers.TryGetValue(context.Request.Url.AbsolutePath, out var answer))
                await answer(context, _stop.Token);
            else
                context.Response.StatusCode = 404;
            context.Response.Close();
        }
        catch (Exception error) when (
            error is HttpListenerException or ObjectDisposedException or OperationCanceledException or InvalidOperationException or IOException)
        {
            // The caller hung up, or the test is over.
            context.Response.Abort();
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
