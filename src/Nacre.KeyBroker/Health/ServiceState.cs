using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Remote;
using Nacre.Attestation.Services;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Telemetry;
using Nacre.Rpc;

namespace Nacre.KeyBroker.Health;

/// <summary>Health, traces, metrics and the audit record of a server, for the services that it serves to other programs.</summary>
internal sealed class ServiceState(ServerHealth health, BrokerMetrics metrics, AuditLog audit, TimeProvider clock) : IServiceState
{
    public bool IsDraining => health.IsDraining;

    public ValueTask<(bool IsReady, JsonObject Report)> CheckAsync(CancellationToken cancel) => HealthReport.MakeAsync(health, cancel);

    public async ValueTask RecordAsync(ServiceChange change, ServiceChangeStep step, string? reason, CancellationToken cancel)
    {
        try
        {
            await audit.AppendAsync(
                new()
                {
                    At = clock.GetUtcNow(),
                    Action = AuditAction.Change,
                    Outcome = step switch
                    {
                        ServiceChangeStep.Begun => AuditOutcome.Begun,
                        ServiceChangeStep.Done => AuditOutcome.Done,
                        ServiceChangeStep.Refused => AuditOutcome.Refused,
                        _ => AuditOutcome.Failed,
                    },
                    Who = "program",
                    From = "services",
                    Route = change.Call,
                    Object = change.Object,
                    Mac = step == ServiceChangeStep.Begun ? audit.Mac(Encoding.UTF8.GetBytes(change.Body)) : null,
                    Reason = reason,
                },
                cancel);
        }
        catch (AuditException e)
        {
            throw new AttestationUnavailableException("here", e.Message, e);
        }
    }

    public IWatchedCall Begin(string? traceparent, string? tracestate) =>
        new Call(metrics, clock, BrokerTrace.BeginRequest(traceparent, tracestate, clock));

    private sealed class Call(BrokerMetrics metrics, TimeProvider clock, Activity? span) : IWatchedCall
    {
        private readonly long _since = clock.GetTimestamp();

        public void EndCall(string route, RpcCode code)
        {
            metrics.Call(route, code, clock.GetElapsedTime(_since));
            BrokerTrace.EndCall(span, route, code);
        }

        public void EndRequest(string method, string route, int status)
        {
            metrics.Request(method, route, status, clock.GetElapsedTime(_since));
            BrokerTrace.EndRequest(span, method, route, status);
        }

        public void Dispose() => span?.Dispose();
    }
}
