namespace Nacre.KeyBroker;

/// <summary>A server that ends in two steps, so that nothing is cut.</summary>
public interface IStoppingServer
{
    /// <summary>From now on readiness says that nothing new should come here; everything is still served.</summary>
    void BeginDrain();

    /// <summary>Takes no new connections and waits for what runs.</summary>
    Task StopAsync(CancellationToken cancel);
}
