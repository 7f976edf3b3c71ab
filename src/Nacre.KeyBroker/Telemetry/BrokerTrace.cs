using System.Diagnostics;
using Nacre.Attestation.Tokens;
using Nacre.Rpc;

namespace Nacre.KeyBroker.Telemetry;

/// <summary>
/// Spans from the request to the store. Nothing is made while nobody listens to <see cref="SourceName"/>. Names and tags come from short fixed
/// lists: never a path, a name of a secret, or anything that a peer makes up.
/// </summary>
public static class BrokerTrace
{
    public const string SourceName = ReferenceId.TraceSource;

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>
    /// A trace of its own for a request, whose id is the reference of a refusal. A caller's trace is linked and never continued: whoever
    /// sends <c>traceparent</c> would otherwise choose the id under which a refusal is recorded, also one that is taken.
    /// </summary>
    /// <param name="traceparent">Of the caller, W3C Trace Context; null for none.</param>
    /// <param name="tracestate">Of the caller.</param>
    /// <param name="clock">Its time begins the id.</param>
    public static Activity? BeginRequest(string? traceparent, string? tracestate, TimeProvider clock)
    {
        if (!s_source.HasListeners())
            return null;

        // What the web server made of the caller's header is no parent.
        Activity.Current = null;
        var own = new ActivityContext(
            ActivityTraceId.CreateFromString(ReferenceId.Create(clock.GetUtcNow())), default, ActivityTraceFlags.Recorded);
        var links = ActivityContext.TryParse(traceparent, tracestate, isRemote: true, out var caller)
            ? new[] { new ActivityLink(caller) } : [];
        return s_source.StartActivity("request", ActivityKind.Server, own, tags: null, links);
    }

    public static void EndRequest(Activity? span, string method, string route, int status)
    {
        if (span is null)
            return;

        span.DisplayName = $"{method} {route}";
        span.SetTag("http.request.method", method);
        span.SetTag("http.route", route);
        span.SetTag("http.response.status_code", status);
        if (status >= 500)
            span.SetStatus(ActivityStatusCode.Error);
    }

    /// <param name="span">Of the call.</param>
    /// <param name="route"><c>package.Service/Method</c>.</param>
    /// <param name="code">How it ended.</param>
    public static void EndCall(Activity? span, string route, RpcCode code)
    {
        if (span is null)
            return;

        span.DisplayName = route;
        span.SetTag("rpc.system", "grpc");
        span.SetTag("rpc.method", route);
        span.SetTag("rpc.grpc.status_code", (int)code);
        if (code is RpcCode.Internal or RpcCode.Unknown or RpcCode.Unavailable or RpcCode.DeadlineExceeded)
            span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>There is a request here, and somebody listens.</summary>
    public static bool IsRecording => s_source.HasListeners() && Activity.Current is not null;

    /// <summary>A step of a request, to be begun and ended in one async method; null when nothing is recorded.</summary>
    /// <param name="name">One of a few, such as <c>store write</c>.</param>
    public static Activity? Step(string name) => IsRecording ? s_source.StartActivity(name) : null;
}
