using System.Globalization;
using System.Net;

namespace Nacre.Rpc;

/// <summary>Where a service is: <c>unix:///path</c>, or <c>host:port</c> with a loopback or other IP address.</summary>
public abstract record RpcAddress
{
    public sealed record UnixSocket(string Path) : RpcAddress
    {
        public override string ToString() => $"unix://{Path}";
    }

    public sealed record Tcp(string Host, int Port) : RpcAddress
    {
        public override string ToString() => $"{Host}:{Port}";

        public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    private RpcAddress()
    {
    }

    /// <exception cref="FormatException">The text is neither.</exception>
    public static RpcAddress Parse(string text)
    {
        const string unix = "unix://";
        if (text.StartsWith(unix + "/", StringComparison.Ordinal))
            return new UnixSocket(text[unix.Length..]);

        var rest = text;
        foreach (var scheme in (ReadOnlySpan<string>)["http://", "tcp://"])
            rest = rest.StartsWith(scheme, StringComparison.Ordinal) ? rest[scheme.Length..] : rest;

        var colon = rest.LastIndexOf(':');
        return colon > 0 && int.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? new Tcp(rest[..colon], port)
            : throw new FormatException($"'{text}' is no address; write HOST:PORT or unix:///PATH");
    }
}
