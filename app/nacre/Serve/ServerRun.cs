using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Nacre.Cli.Serve;

/// <summary>What the servers of this program have in common: their log, their first lines, their end.</summary>
internal static class ServerRun
{
    /// <summary>Says where other services listen; flushes, for whoever waits for the first line.</summary>
    public static async Task TellAsync(TextWriter output, IReadOnlyList<(string Service, string Address)> services, CancellationToken cancel)
    {
        foreach (var (service, address) in services)
            await output.WriteLineAsync($"{service} on {address}");
        await output.FlushAsync(cancel);
    }

    /// <summary>Metrics are not for whoever reads the first lines; null for none.</summary>
    public static Task TellMetricsAsync(TextWriter error, Uri? metrics) =>
        metrics is null ? Task.CompletedTask : error.WriteLineAsync($"nacre: metrics at {new Uri(metrics, "/metrics")}");

    // The command line cancels on SIGINT and SIGTERM; both are a normal end for a server.
    public static async Task StopRequestedAsync(CancellationToken cancel)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var byToken = cancel.Register(() => stop.TrySetResult());
        using var byHangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            stop.TrySetResult();
        });
        await stop.Task;
    }

    // Data goes to stdout, talk to stderr.
    public static ILoggerFactory CreateLogs(Uri? collector = null) => LoggerFactory.Create(logging =>
    {
        ToConsole(logging);
        if (collector is not null)
            ServerTelemetry.AddTo(logging, collector);
    });

    private static void ToConsole(ILoggingBuilder logging) => logging
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("Nacre", LogLevel.Information)

        // A start that fails is told in one line by whoever asked for it.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
}
