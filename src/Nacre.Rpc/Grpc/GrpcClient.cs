using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;

namespace Nacre.Rpc.Grpc;

/// <summary>Unary gRPC calls to one address over HTTP/2, with or without TLS. Reuses its connection; safe for many callers.</summary>
public sealed class GrpcClient : IDisposable
{
    private readonly RpcAddress _address;
    private readonly HttpClient _http;

    /// <param name="address">Where the service is.</param>
    /// <param name="tls">Whom to believe, and what to show; null without TLS.</param>
    public GrpcClient(RpcAddress address, SslClientAuthenticationOptions? tls = null)
    {
        _address = address;
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), UseProxy = false, AllowAutoRedirect = false };
        if (tls is not null)
            handler.SslOptions = tls;
        if (address is RpcAddress.UnixSocket unix)
        {
            handler.ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(unix.Path), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        _http = new(handler)
        {
            BaseAddress = new(address is RpcAddress.Tcp tcp ? $"{(tls is null ? "http" : "https")}://{tcp.Host}:{tcp.Port}" : "http://localhost"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>With TLS: the server's certificate must name <paramref name="server"/> and come from one of these authorities.</summary>
    public GrpcClient(Uri server, X509Certificate2Collection authorities)
        : this(new RpcAddress.Tcp(server.Host, server.Port), new SslClientAuthenticationOptions { CertificateChainPolicy = Trusting(authorities) })
    {
    }

    /// <exception cref="RpcException">The other side refused, or cannot be reached (UNAVAILABLE).</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        string service, string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/{service}/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFrame.Write(request.ToByteArray())) { Headers = { ContentType = new("application/grpc") } },
        };
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        message.Headers.Add("grpc-timeout", $"{(long)timeout.TotalMilliseconds}m");

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(timeout);
        try
        {
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (!response.IsSuccessStatusCode)
                throw new RpcException(RpcCode.Unavailable, $"{_address} answered HTTP {(int)response.StatusCode}; is it a gRPC service?");

            // A refusal without a message has its status among the headers.
            Require(response.Headers, mustBeThere: false);
            var body = await ReadAsync(response, deadline.Token);
            Require(response.TrailingHeaders, mustBeThere: true);
            return parser.ParseFrom(body ?? throw new RpcException(RpcCode.Internal, "the answer has no message"));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new RpcException(RpcCode.DeadlineExceeded, $"{_address} did not answer within {timeout.TotalSeconds:0.#} s", e);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(RpcCode.Internal, "the answer is no valid message", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            throw new RpcException(RpcCode.Unavailable, $"{_address} does not answer: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static X509ChainPolicy Trusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    // The trailers come only after the whole body; an empty body means that they hold a refusal.
    private static async ValueTask<byte[]?> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var first = new byte[1];
        if (await stream.ReadAsync(first, cancel) == 0)
            return null;

        await using var whole = new PrefixedStream(first[0], stream);
        return await GrpcFrame.ReadAsync(whole, cancel);
    }

    private static void Require(HttpResponseHeaders headers, bool mustBeThere)
    {
        if (!headers.TryGetValues("grpc-status", out var values))
        {
            if (mustBeThere)
                throw new RpcException(RpcCode.Internal, "the answer has no grpc-status");
            return;
        }

        if (!int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code > (int)RpcCode.Unauthenticated)
            throw new RpcException(RpcCode.Unknown, "the answer's grpc-status is no known code");
        if (code != 0)
        {
            var text = headers.TryGetValues("grpc-message", out var messages) ? Uri.UnescapeDataString(messages.First()) : $"status {code}";
            throw new RpcException((RpcCode)code, text);
        }
    }

    private sealed class PrefixedStream(byte first, Stream rest) : Stream
    {
        private bool _given;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given || buffer.IsEmpty)
                return rest.ReadAsync(buffer, cancellationToken);

            (_given, buffer.Span[0]) = (true, first);
            return new(1);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
