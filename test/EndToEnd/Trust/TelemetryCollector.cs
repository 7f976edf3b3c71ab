using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Stands in for an OpenTelemetry collector: takes OTLP over HTTP on loopback and keeps what came, by path.</summary>
internal sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _requests = new();
    private readonly Task _loop;

    public TelemetryCollector(int port)
    {
        Url = new Uri($"http://127.0.0.1:{port}");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _loop = Task.Run(TakeAsync);
    }

    public Uri Url { get; }

    /// <summary>One that nothing listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Every span of every request to <c>/v1/traces</c>.</summary>
    public IReadOnlyList<ReceivedSpan> Spans =>
    [
        .. Bodies("/v1/traces").SelectMany(body => Fields(body, 1)).SelectMany(resource => Fields(resource, 2))
            .SelectMany(scope => Fields(scope, 2)).Select(ReceivedSpan.Parse),
    ];

    /// <summary>All that was sent to a path, as text: names and values are readable in it.</summary>
    public string Text(string path) => string.Concat(Bodies(path).Select(Encoding.Latin1.GetString));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
        _listener.Close();
    }

    /// <summary>The fields of a message with this number and a length.</summary>
    internal static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var reader = new CodedInputStream(message);
        while (reader.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                found.Add(reader.ReadBytes().ToByteArray());
            else
                reader.SkipLastField();
        }

        return found;
    }

    private IEnumerable<byte[]> Bodies(string path) => _requests.Where(request => request.Path == path).Select(request => request.Body);

    private async Task TakeAsync()
    {
        while (_listener.IsListening)
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

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            _requests.Enqueue((context.Request.Url!.AbsolutePath, body.ToArray()));
            context.Response.StatusCode = 200;
            context.Response.Close();
        }
    }
}

/// <summary>A span as OTLP has it (opentelemetry/proto/trace/v1/trace.proto).</summary>
internal sealed record ReceivedSpan(string Trace, string Parent, string Name, IReadOnlyList<string> LinkedTraces)
{
    public static ReceivedSpan Parse(byte[] span) => new(
        Hex(span, 1), Hex(span, 4), Encoding.UTF8.GetString(TelemetryCollector.Fields(span, 5).Single()),
        [.. TelemetryCollector.Fields(span, 13).Select(link => Hex(link, 1))]);

    private static string Hex(byte[] message, int number) =>
        Convert.ToHexStringLower(TelemetryCollector.Fields(message, number).SingleOrDefault() ?? []);
}
