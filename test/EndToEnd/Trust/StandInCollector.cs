using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Nacre.EndToEndTests.Trust;

/// <summary>An OpenTelemetry collector on loopback that takes logs as JSON.</summary>
internal sealed class StandInCollector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<JsonNode> _records = [];
    private readonly Task _loop;
    private int _asked;

    public StandInCollector()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Url = new Uri($"http://{free.LocalEndpoint}");
        }

        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _loop = Task.Run(RunAsync);
    }

    public Uri Url { get; }

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = 200;

    public int Asked => Volatile.Read(ref _asked);

    public IReadOnlyList<JsonNode> Records
    {
        get
        {
            lock (_gate)
                return [.. _records];
        }
    }

    public IReadOnlyList<string> Lines => [.. Records.Select(record => (string)record["body"]!["stringValue"]!)];

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var body = await JsonNode.ParseAsync(context.Request.InputStream);
            Interlocked.Increment(ref _asked);
            context.Response.StatusCode = context.Request.RawUrl == "/v1/logs" && context.Request.ContentType == "application/json" ? Status : 400;
            if (context.Response.StatusCode == 200)
                Keep(body!);
            context.Response.Close("{}"u8.ToArray(), willBlock: true);
        }
    }

    private void Keep(JsonNode body)
    {
        lock (_gate)
        {
            foreach (var record in body["resourceLogs"]![0]!["scopeLogs"]![0]!["logRecords"]!.AsArray())
                _records.Add(record!.DeepClone());
        }
    }
}
