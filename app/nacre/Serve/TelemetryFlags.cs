using System.CommandLine;

namespace Nacre.Cli.Serve;

/// <summary>Where traces, metrics and logs are sent.</summary>
internal sealed class TelemetryFlags
{
    private readonly Option<string?> _collector = new("--otlp")
    {
        Description = "OpenTelemetry collector for traces, metrics and logs (OTLP over HTTP), such as http://127.0.0.1:4318; "
            + "headers come from OTEL_EXPORTER_OTLP_HEADERS.",
    };

    private TelemetryFlags()
    {
    }

    public static TelemetryFlags AddTo(Command command)
    {
        var flags = new TelemetryFlags();
        command.Options.Add(flags._collector);
        return flags;
    }

    /// <summary>Null for none.</summary>
    public Uri? Read(ParseResult line)
    {
        if (line.GetValue(_collector) is not { } text)
            return null;

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == "https" || url.Scheme == "http") ? url
            : throw new CommandException(
                $"'{text}' is no address for --otlp", "it looks like http://127.0.0.1:4318, without a path for each signal");
    }
}
