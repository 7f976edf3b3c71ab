using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Nacre.Rpc.Grpc;

/// <summary>
/// One port for gRPC and for plain <c>GET</c> of documents, without TLS: a connection that begins with HTTP/2's preface (RFC 9113 section 3.4)
/// goes on to the web server; any other is taken as one HTTP/1.1 request (RFC 9112), answered and closed.
/// </summary>
internal sealed class DocumentSniffer(ConnectionDelegate http2, GrpcServerOptions options)
{
    private const int MaxHeadBytes = 8192;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task ServeAsync(ConnectionContext connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(s_patience);
        string? head;
        try
        {
            head = await ReadHeadAsync(connection, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Whoever says nothing, or goes away, is owed no answer.
            return;
        }

        if (head is null)
            await http2(connection);
        else
            await AnswerAsync(connection, head, limit.Token);
    }

    /// <summary>Null for HTTP/2, of which nothing is consumed; empty for what is neither.</summary>
    private static async Task<string?> ReadHeadAsync(ConnectionContext connection, CancellationToken cancel)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(cancel);
            var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, MaxHeadBytes)).ToArray();
            if (bytes.AsSpan().StartsWith(Preface))
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
                return null;
            }

            var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
            var mayBePreface = Preface.StartsWith(bytes);
            if (!mayBePreface && end >= 0 || read.IsCompleted || bytes.Length == MaxHeadBytes)
            {
                input.AdvanceTo(read.Buffer.End);
                return end < 0 ? "" : Encoding.ASCII.GetString(bytes, 0, end);
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private async Task AnswerAsync(ConnectionContext connection, string head, CancellationToken cancel)
    {
        var line = head.Split("\r\n")[0].Split(' ');
        var (status, body) = line is ["GET", var target, "HTTP/1.1" or "HTTP/1.0"]
            ? options.Documents.TryGetValue(target.Split('?')[0], out var document) ? await DocumentAsync(document, cancel) : ("404 Not Found", [])
            : ("400 Bad Request", []);
        var answer = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        var output = connection.Transport.Output;
        output.Write(Encoding.ASCII.GetBytes(answer));
        output.Write(body);
        await output.FlushAsync(cancel);
        await output.CompleteAsync();
    }

    private async Task<(string Status, byte[] Body)> DocumentAsync(Func<CancellationToken, ValueTask<byte[]>> document, CancellationToken cancel)
    {
        try
        {
            return ("200 OK", await document(cancel));
        }
#pragma warning disable CA1031 // The boundary: the peer gets a status and nothing of the inside.
        catch (Exception e) when (e is not OperationCanceledException)
        {
            options.Failed?.Invoke(e);
            return ("503 Service Unavailable", []);
        }
#pragma warning restore CA1031
    }
}
