using System.CommandLine;

namespace Nacre.Cli.Serve;

/// <summary>Where metrics and health are served for the operator.</summary>
internal sealed class MetricsFlag
{
    private readonly Option<string?> _url = new("--metrics-url")
    {
        Description = "Where to serve metrics for Prometheus, /healthz and /readyz, such as http://127.0.0.1:9464; nowhere without it.",
    };

    private MetricsFlag()
    {
    }

    public static MetricsFlag AddTo(Command command)
    {
        var flag = new MetricsFlag();
        command.Options.Add(flag._url);
        return flag;
    }

    /// <summary>Null for none.</summary>
    public Uri? Read(ParseResult line) => line.GetValue(_url) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) ? address
        : throw new CommandException($"'{text}' is no address for --metrics-url", "it looks like http://127.0.0.1:9464");
}
