using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nacre.Rpc.Grpc;

/// <summary>
/// Unary gRPC over HTTP/2: without TLS (prior knowledge) on loopback or a Unix socket that only its owner may open, elsewhere with TLS. Failures
/// of a handler other than <see cref="RpcException"/> reach the caller as INTERNAL without their text.
/// </summary>
public sealed class GrpcServer : IAsyncDisposable
{
    private const string Unknown = "none";

    private static readonly TimeSpan s_longestCall = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly WebApplication _app;

    private GrpcServer(WebApplication app, RpcAddress address) => (_app, Address) = (app, address);

    /// <summary>Where it listens, with the port that was chosen when 0 was asked for.</summary>
    public RpcAddress Address { get; }

    /// <param name="table">The calls.</param>
    /// <param name="address">A TCP address must be loopback: there is no TLS and no authentication here.</param>
    /// <param name="failed">Told of failures that the caller does not get to see.</param>
    /// <param name="cancel">Ends the start.</param>
    /// <exception cref="IOException">The address is taken or cannot be used.</exception>
    public static Task<GrpcServer> StartAsync(RpcTable table, RpcAddress address, Action<Exception>? failed, CancellationToken cancel) =>
        ListenAsync(table, address, new GrpcServerOptions { Failed = failed }, cancel);

    /// <exception cref="IOException">The address is taken, cannot be used, or is not loopback and there is no TLS.</exception>
    public static async Task<GrpcServer> ListenAsync(RpcTable table, RpcAddress address, GrpcServerOptions options, CancellationToken cancel)
    {
        if (address is RpcAddress.Tcp { IsLoopback: false } && options.Tls is null && !options.AllowsPlainBeyondLoopback)
            throw new IOException($"{address} is not loopback; others could use the keys behind it. Use 127.0.0.1 or a Unix socket.");

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RpcTable.LargestMessage + 5;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            Listen(kestrel, address, options);
        });

        // How long a stop may take is said by whoever stops.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = System.Threading.Timeout.InfiniteTimeSpan);
        if (options.Tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, table, options));
        if (address is RpcAddress.UnixSocket { Path: var path })
            File.Delete(path);
        await app.StartAsync(cancel);
        return new(app, Bound(app, address));
    }

    /// <summary>Takes no new connections and waits for the calls that run.</summary>
    public Task StopAsync(CancellationToken cancel) => _app.StopAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(s_patience);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static void Listen(KestrelServerOptions kestrel, RpcAddress address, GrpcServerOptions options)
    {
        switch (address)
        {
            case RpcAddress.UnixSocket socket:
                kestrel.ListenUnixSocket(socket.Path, listen => Configure(listen, options));
                break;
            case RpcAddress.Tcp tcp:
                var ip = tcp.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(tcp.Host.Trim('[', ']'));
                kestrel.Listen(ip, tcp.Port, listen => Configure(listen, options));
                break;
        }
    }

    // Without TLS nothing in the connection says which HTTP it is: DocumentSniffer looks at its first bytes.
    private static void Configure(ListenOptions listen, GrpcServerOptions options)
    {
        listen.Protocols = HttpProtocols.Http2;
        if (options.Tls is { } tls)
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls()) });
        }
        else if (options.Documents.Count > 0)
        {
            listen.Use(next => new DocumentSniffer(next, options).ServeAsync);
        }
    }

    private static RpcAddress Bound(WebApplication app, RpcAddress address)
    {
        if (address is RpcAddress.UnixSocket socket)
        {
            File.SetUnixFileMode(socket.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return address;
        }

        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new RpcAddress.Tcp(new Uri(bound).Host, new Uri(bound).Port);
    }

    private static async Task AnswerAsync(HttpContext context, RpcTable table, GrpcServerOptions options)
    {
        if (HttpMethods.IsGet(context.Request.Method) && options.Documents.TryGetValue(context.Request.Path.Value ?? "", out var document))
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(await document(context.RequestAborted), context.RequestAborted);
            return;
        }

        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true || !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        context.Response.ContentType = "application/grpc";
        var route = context.Request.Path.Value is { Length: > 1 } path && path.Split('/') is ["", var service, var method]
            && table.Find(service, method) is not null ? path[1..] : Unknown;
        if (options.Anonymous is { } anonymous && context.Connection.ClientCertificate is null)
            table = anonymous;
        using var watched = options.Watch?.Begin(context.Request.Headers.TraceParent, context.Request.Headers.TraceState);
        var (code, message) = (RpcCode.Ok, "");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(Timeout(context.Request.Headers["grpc-timeout"].ToString()));
        try
        {
            var answer = await CallAsync(context, table, deadline.Token);

            // In HTTP/2 this is GOAWAY: clients go to another server by themselves before this one closes its connections.
            if (options.Watch?.IsDraining == true)
                context.Response.Headers.Connection = "close";
            await context.Response.Body.WriteAsync(GrpcFrame.Write(answer), deadline.Token);
        }
        catch (RpcException e)
        {
            (code, message) = (e.Code, e.Message);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            (code, message) = (RpcCode.DeadlineExceeded, "the deadline has passed");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            options.Failed?.Invoke(e);
            (code, message) = (RpcCode.Internal, "the call failed; the log of the server says why");
        }

        watched?.EndCall(route, code);
        context.Response.AppendTrailer("grpc-status", ((int)code).ToString(CultureInfo.InvariantCulture));
        if (message.Length > 0)
            context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(message));
    }

    private static async ValueTask<byte[]> CallAsync(HttpContext context, RpcTable table, CancellationToken cancel)
    {
        if (context.Request.Path.Value?.Split('/') is not ["", var service, var method] || table.Find(service, method) is not { } handler)
            throw new RpcException(RpcCode.Unimplemented, $"{context.Request.Path} is not served here");

        return await handler(await GrpcFrame.ReadAsync(context.Request.Body, cancel), cancel);
    }

    // gRPC over HTTP/2, "Timeout": at most 8 digits and a unit.
    private static TimeSpan Timeout(string text)
    {
        if (text.Length is < 2 or > 9 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return s_longestCall;

        var asked = text[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds(value),
            'm' => TimeSpan.FromMilliseconds(value),
            'u' => TimeSpan.FromMicroseconds(value),
            _ => TimeSpan.FromTicks(value / 100),
        };
        return asked < s_longestCall ? asked : s_longestCall;
    }
}
