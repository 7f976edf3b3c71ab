using System.Text.Json.Nodes;
using Nacre.Rpc;

namespace Nacre.Attestation.Services;

/// <summary>What the server around the services knows of itself: whether calls should be sent here, and what is seen of each.</summary>
public interface IServiceState : ICallWatch
{
    /// <summary>Whether everything works that a call needs and the server is not about to stop, and a report of it that anyone may read.</summary>
    ValueTask<(bool IsReady, JsonObject Report)> CheckAsync(CancellationToken cancel);
}
