using System.CommandLine;

namespace Nacre.Cli.Serve;

/// <summary>How a server ends, and where it tells how it goes.</summary>
internal sealed record OperationFlags(DrainFlags Drain, MetricsFlag Metrics, TelemetryFlags Telemetry)
{
    public static OperationFlags AddTo(Command command) =>
        new(DrainFlags.AddTo(command), MetricsFlag.AddTo(command), TelemetryFlags.AddTo(command));
}
