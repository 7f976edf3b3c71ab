using Nacre.Storage;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>
/// What was not sent of chains in the same directory that no process writes any more: those of replicas that are gone, and damaged ones.
/// One process at a time sends a chain, whoever finds it first.
/// </summary>
/// <param name="directory">Of the record.</param>
/// <param name="own">The chain that this process writes.</param>
/// <param name="store">Remembers how far each was sent.</param>
/// <param name="address">Where to.</param>
/// <param name="damaged">Told once of each chain that cannot be read on; what is before the damage is sent.</param>
internal sealed class AbandonedChains(string directory, string own, IKeyValueStore store, string address, Action<Exception> damaged)
{
    private readonly HashSet<string> _damaged = [];

    /// <summary>Null when there is nothing to send.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="StoreException">The store cannot.</exception>
    public async ValueTask<AbandonedLines?> NextAsync(CancellationToken cancel)
    {
        foreach (var chain in AuditSegment.List(directory).Select(segment => segment.Chain).Distinct())
        {
            if (chain == own || _damaged.Contains(chain) || AuditChain.TryLock(directory, chain, AuditChain.ExportLock) is not { } held)
                continue;

            var isTaken = false;
            try
            {
                var position = await AuditPosition.ReadAsync(store, chain, address, cancel);
                if (Read(chain, position) is not ({ Count: > 0 } lines, var end))
                    continue;

                isTaken = true;
                return new(chain, lines, end, held);
            }
            finally
            {
                if (!isTaken)
                    await held.DisposeAsync();
            }
        }

        return null;
    }

    private (IReadOnlyList<AuditExportLine> Lines, AuditPosition End)? Read(string chain, AuditPosition from)
    {
        // While it is read nobody may begin to write it: a line that is not on disk yet could be cut off again.
        using var unwritten = AuditChain.TryLock(directory, chain);
        if (unwritten is null)
            return null;

        try
        {
            return new AuditTail(directory, chain).Read(from, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _damaged.Add(chain);
            damaged(e);
            return null;
        }
    }
}

/// <summary>Some lines of a chain, which no other process sends until this is disposed.</summary>
internal sealed record AbandonedLines(string Chain, IReadOnlyList<AuditExportLine> Lines, AuditPosition End, FileStream Held) : IDisposable
{
    public void Dispose() => Held.Dispose();
}
