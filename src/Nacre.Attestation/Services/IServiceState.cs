using System.Text.Json.Nodes;
using Nacre.Rpc;

namespace Nacre.Attestation.Services;

/// <summary>What the server around the services knows of itself: whether calls should be sent here, and what is seen and recorded of each.</summary>
public interface IServiceState : ICallWatch
{
    /// <summary>Returns when it is in the audit record.</summary>
    /// <exception cref="Remote.AttestationUnavailableException">It cannot be, so what is about to happen must not.</exception>
    ValueTask RecordAsync(ServiceChange change, ServiceChangeStep step, string? reason, CancellationToken cancel);

    /// <summary>Whether everything works that a call needs and the server is not about to stop, and a report of it that anyone may read.</summary>
    ValueTask<(bool IsReady, JsonObject Report)> CheckAsync(CancellationToken cancel);
}
