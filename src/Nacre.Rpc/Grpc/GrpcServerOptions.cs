using System.Net.Security;

namespace Nacre.Rpc.Grpc;

/// <summary>Beyond calls on loopback.</summary>
public sealed record GrpcServerOptions
{
    /// <summary>Asked for each connection; null for none. Must offer <c>h2</c>, and <c>http/1.1</c> when there are documents.</summary>
    public Func<SslServerAuthenticationOptions>? Tls { get; init; }

    /// <summary>Listen without TLS on any address: whoever reaches it may call everything.</summary>
    public bool AllowsPlainBeyondLoopback { get; init; }

    /// <summary>JSON for <c>GET</c>, over HTTP/1.1 too, on the same port: bytes by path, such as <c>/.well-known/jwks.json</c>.</summary>
    public IReadOnlyDictionary<string, Func<CancellationToken, ValueTask<byte[]>>> Documents { get; init; } =
        new Dictionary<string, Func<CancellationToken, ValueTask<byte[]>>>();

    /// <summary>What is served to connections without a client certificate; null for the same as to others.</summary>
    public RpcTable? Anonymous { get; init; }

    /// <summary>Sees the calls; null for nobody.</summary>
    public ICallWatch? Watch { get; init; }

    /// <summary>Told of failures that the caller does not get to see.</summary>
    public Action<Exception>? Failed { get; init; }

    public int MaxConnections { get; init; } = 1000;
}
