using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Nacre.KeyBroker;

namespace Nacre.Cli.Serve;

/// <summary>What the servers of this program have in common: their log, their first lines, their end.</summary>
internal static class ServerRun
{
    /// <summary>From the first lines to the end: until it is asked to stop, and what runs is finished.</summary>
    public static async Task ServeAsync(
        IStoppingServer server, IReadOnlyList<(string Service, string Address)> services, Uri? metrics, Drain drain, CancellationToken cancel)
    {
        await TellAsync(Console.Out, services, cancel);
        if (metrics is not null)
            await Console.Error.WriteLineAsync($"nacre: metrics at {new Uri(metrics, "/metrics")}");
        await StopRequestedAsync(cancel);
        await drain.EndAsync(server);
    }

    /// <summary>Says where other services listen; flushes, for whoever waits for the first line.</summary>
    private static async Task TellAsync(TextWriter output, IReadOnlyList<(string Service, string Address)> services, CancellationToken cancel)
    {
        foreach (var (service, address) in services)
            await output.WriteLineAsync($"{service} on {address}");
        await output.FlushAsync(cancel);
    }

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
