namespace Nacre.Formats.EventLogs;

/// <summary>One record of an event log.</summary>
/// <param name="Register">PCR number; in a confidential guest's log 1 to 4 for RTMR 0 to 3.</param>
/// <param name="Type">See <see cref="TcgEventType"/>.</param>
/// <param name="Digests">What was extended, one for each bank.</param>
/// <param name="Data">What the log says about it. Only the digests are measured: data that does not hash to them is a hint and no fact.</param>
public sealed record TcgEvent(uint Register, uint Type, IReadOnlyList<TcgDigest> Digests, ReadOnlyMemory<byte> Data)
{
    /// <summary>Whether this event is extended at all.</summary>
    public bool IsMeasured => Type != TcgEventType.NoAction;

    /// <summary>Whether every digest is the hash of the data.</summary>
    public bool DigestMatchesData
    {
        get
        {
            foreach (var digest in Digests)
            {
                if (!digest.Value.Span.SequenceEqual(digest.Hash.HashData(Data.Span)))
                    return false;
            }

            return Digests.Count > 0;
        }
    }

    public byte[]? FindDigest(EventLogHash hash) => Digests.FirstOrDefault(digest => digest.Hash == hash)?.Value.ToArray();
}

public sealed record TcgDigest(EventLogHash Hash, ReadOnlyMemory<byte> Value);
