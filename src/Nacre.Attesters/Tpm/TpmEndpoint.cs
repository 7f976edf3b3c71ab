using System.Globalization;

namespace Nacre.Attesters.Tpm;

/// <summary>
/// Where a TPM answers: <c>swtpm:127.0.0.1:2321</c> (its data channel), <c>unix:/run/swtpm.sock</c>, or a device such as <c>/dev/tpmrm0</c>.
/// </summary>
public abstract record TpmEndpoint
{
    private TpmEndpoint()
    {
    }

    /// <summary>The kernel's resource manager: the only device several programs can share.</summary>
    public static TpmEndpoint Default { get; } = new Device("/dev/tpmrm0");

    /// <exception cref="FormatException">Says which forms are known.</exception>
    public static TpmEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
            return new UnixSocket(text["unix:".Length..]);
        if (text.StartsWith("/dev/", StringComparison.Ordinal))
            return new Device(text);
        if (text.StartsWith("swtpm:", StringComparison.Ordinal) && ParseTcp(text["swtpm:".Length..]) is { } tcp)
            return tcp;

        throw new FormatException($"'{text}' names no TPM; write swtpm:HOST:PORT, unix:/PATH or /dev/tpmrm0");
    }

    private static TcpSocket? ParseTcp(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new(text[..colon].Trim('[', ']'), port)
            : null;
    }

    public sealed record TcpSocket(string Host, int Port) : TpmEndpoint
    {
        public override string ToString() => $"swtpm:{Host}:{Port}";
    }

    public sealed record UnixSocket(string Path) : TpmEndpoint
    {
        public override string ToString() => $"unix:{Path}";
    }

    public sealed record Device(string Path) : TpmEndpoint
    {
        public override string ToString() => Path;
    }
}
