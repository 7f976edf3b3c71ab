namespace Nacre.Rpc;

/// <summary>Sees calls begin and end, for traces and metrics; knows whether the server is about to stop.</summary>
public interface ICallWatch
{
    /// <summary>Callers should go to another server: replies say so.</summary>
    bool IsDraining { get; }

    /// <param name="traceparent">Of the caller, W3C Trace Context; null for none.</param>
    /// <param name="tracestate">Of the caller.</param>
    IWatchedCall Begin(string? traceparent, string? tracestate);
}

/// <summary>One call; disposed when its answer is made. Routes come from fixed lists, never from what a caller made up.</summary>
public interface IWatchedCall : IDisposable
{
    /// <param name="route"><c>package.Service/Method</c>.</param>
    /// <param name="code">How it ended.</param>
    void EndCall(string route, RpcCode code);

    void EndRequest(string method, string route, int status);
}
