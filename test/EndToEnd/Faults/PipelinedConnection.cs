using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Nacre.EndToEndTests.Faults;

/// <summary>One plain connection on which requests follow each other without waiting for answers.</summary>
internal sealed class PipelinedConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;

    private PipelinedConnection(Socket socket) => _socket = socket;

    public static async Task<PipelinedConnection> OpenAsync(Uri url, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(url.Host, url.Port, cancel);
        return new PipelinedConnection(socket);
    }

    /// <summary>Sends all, and gives the status of each answer until the server hangs up.</summary>
    /// <param name="requests">Whole requests; the last may be anything.</param>
    /// <param name="isEnd">Nothing is sent afterwards.</param>
    /// <param name="cancel">Ends the test.</param>
    public async Task<IReadOnlyList<int>> ExchangeAsync(IReadOnlyList<byte[]> requests, bool isEnd, CancellationToken cancel)
    {
        var statuses = new List<int>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_patience);
        var sending = SendAsync(requests, isEnd, limit.Token);
        try
        {
            while (statuses.Count < requests.Count && await ReadAnswerAsync(limit.Token) is { } status)
                statuses.Add(status);
        }
        catch (SocketException)
        {
            // Hung up with requests unread.
        }

        await sending;
        return statuses;
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAsync(IReadOnlyList<byte[]> requests, bool isEnd, CancellationToken cancel)
    {
        try
        {
            await _socket.SendAsync(requests.SelectMany(request => request).ToArray(), cancel);
            if (isEnd)
                _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server hung up; what it said before is read.
        }
    }

    private async Task<int?> ReadAnswerAsync(CancellationToken cancel)
    {
        int head;
        while ((head = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync(cancel))
                return null;
        }

        var text = Encoding.ASCII.GetString(_buffer, _start, head + 2);
        _start += head + 4;
        var status = int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture);
        for (var rest = BodyLength(text); rest > 0;)
        {
            if (_start == _end && !await FillAsync(cancel))
                return status;
            var taken = Math.Min(rest, _end - _start);
            (_start, rest) = (_start + taken, rest - taken);
        }

        return status;
    }

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        Assert.True(_end < _buffer.Length, "the head of an answer does not end");
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancel);
        _end += read;
        return read > 0;
    }

    private static int BodyLength(string head)
    {
        const string Name = "\r\nContent-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(head.AsSpan(at + Name.Length, head.IndexOf('\r', at + 2) - at - Name.Length), CultureInfo.InvariantCulture);
    }
}
