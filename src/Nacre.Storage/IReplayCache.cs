namespace Nacre.Storage;

/// <summary>
/// What was used once, until it expires: shared by all processes on one store. It costs no disk flush, so after a crash of the machine (not
/// of a process) it may be empty.
/// </summary>
public interface IReplayCache : IAsyncDisposable
{
    /// <summary>False when it was used before.</summary>
    /// <param name="id">At most <see cref="MaxIdBytes"/>; always given with the same <paramref name="expires"/>.</param>
    /// <param name="expires">From then on the caller refuses it by itself, and it may be forgotten here.</param>
    /// <param name="cancel">Leaves open whether it counts as used.</param>
    /// <exception cref="StoreException">Nobody knows; the caller must refuse.</exception>
    ValueTask<bool> TryUseAsync(ReadOnlyMemory<byte> id, DateTimeOffset expires, CancellationToken cancel);

    const int MaxIdBytes = 64;

    /// <summary>Clocks of replicas may differ by this much.</summary>
    static TimeSpan Slack => TimeSpan.FromMinutes(1);

    /// <summary>Uses between two looks for what has expired.</summary>
    const int SweepEvery = 1024;

    static void Require(ReadOnlyMemory<byte> id)
    {
        if (id.Length is 0 or > MaxIdBytes)
            throw new ArgumentException($"has {id.Length} bytes, must have 1 to {MaxIdBytes}", nameof(id));
    }
}
