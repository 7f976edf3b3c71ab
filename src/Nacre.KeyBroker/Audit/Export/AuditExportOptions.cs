using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>How the audit record reaches another machine.</summary>
public enum AuditExportKind
{
    /// <summary>RFC 5424 to a datagram socket of this machine, such as <c>/dev/log</c>.</summary>
    SyslogUnix,

    /// <summary>RFC 5426; what the network loses is lost.</summary>
    SyslogUdp,

    /// <summary>RFC 5425.</summary>
    SyslogTls,

    /// <summary>OTLP/HTTP with JSON bodies, to <c>/v1/logs</c>.</summary>
    Otlp,
}

/// <summary>Where the audit record is sent.</summary>
/// <param name="Kind">How.</param>
/// <param name="Target">A path, or scheme, host and port.</param>
public sealed record AuditExportOptions(AuditExportKind Kind, Uri Target)
{
    public const string Rule =
        "is syslog:unix:/PATH, syslog:udp://HOST:PORT, syslog:tcp+tls://HOST:PORT, otlp:https://HOST:PORT, or otlp:http://HOST:PORT";

    /// <summary>Of this machine, in syslog messages.</summary>
    public string HostName { get; init; } = "-";

    /// <summary>Of the receiver's certificate; null for those of the system.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>How often chains are looked for that nobody writes.</summary>
    public TimeSpan SearchEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where it was read from: a position belongs to one target.</summary>
    public string Address => $"{Kind} {Target}";

    /// <summary>Null when the text breaks the rule.</summary>
    public static AuditExportOptions? Parse(string text)
    {
        foreach (var (prefix, scheme, kind) in ((string, string, AuditExportKind)[])
            [
                ("syslog:unix:/", "", AuditExportKind.SyslogUnix), ("syslog:udp://", "udp", AuditExportKind.SyslogUdp),
                ("syslog:tcp+tls://", "tcp+tls", AuditExportKind.SyslogTls), ("otlp:http://", "http", AuditExportKind.Otlp),
                ("otlp:https://", "https", AuditExportKind.Otlp),
            ])
        {
            if (!text.StartsWith(prefix, StringComparison.Ordinal))
                continue;

            var rest = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
            if (kind == AuditExportKind.SyslogUnix)
                return new(kind, new Uri($"file://{rest["unix:".Length..]}"));
            return Uri.TryCreate(rest, UriKind.Absolute, out var target) && target is { Host.Length: > 0, Port: > 0 } && target.Scheme == scheme
                ? new(kind, target) : null;
        }

        return null;
    }
}
