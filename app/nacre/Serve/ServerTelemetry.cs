using Microsoft.Extensions.Logging;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nacre.Cli.Serve;

/// <summary>Sends a server's traces and metrics to a collector, in groups and beside its work; what is left is sent at the end.</summary>
internal sealed class ServerTelemetry : IDisposable
{
    private const string ServiceName = "nacre";

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    private ServerTelemetry(Uri collector)
    {
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource())
            .SetSampler(new AlwaysOnSampler())
            .AddSource(BrokerTrace.SourceName)
            .AddOtlpExporter(exporter => Send(exporter, collector, "traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddMeter(BrokerMetrics.MeterName)
            .AddOtlpExporter(exporter => Send(exporter, collector, "metrics"))
            .Build();
    }

    public static ServerTelemetry? Start(Uri? collector) => collector is null ? null : new ServerTelemetry(collector);

    /// <summary>Sends the log too; each line has the trace it belongs to.</summary>
    public static void AddTo(ILoggingBuilder logging, Uri collector) => logging.AddOpenTelemetry(log => log
        .SetResourceBuilder(Resource())
        .AddOtlpExporter(exporter => Send(exporter, collector, "logs")));

    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty().AddService(ServiceName, serviceVersion: ProgramVersion.Text);

    private static void Send(OtlpExporterOptions exporter, Uri collector, string signal)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new Uri($"{collector.AbsoluteUri.TrimEnd('/')}/v1/{signal}");
    }
}
