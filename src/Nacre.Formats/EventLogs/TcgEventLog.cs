namespace Nacre.Formats.EventLogs;

/// <summary>
/// A measured-boot event log: the crypto-agile form (TCG PC Client Platform Firmware Profile, section 10.2.1) of TPMs and of confidential guests
/// (CCEL), and the older SHA-1 form. Counts and lengths are checked before anything is taken; a padded area must be padded with one byte
/// throughout, so that no second log can hide behind the first. A log says nothing by itself: replay it against quoted registers.
/// </summary>
public sealed class TcgEventLog
{
    public const int MaxSize = 4 * 1024 * 1024;

    private const string Structure = "eventlog";
    private const int MaxEvents = 65_536;
    private const int MaxAlgorithms = 8;
    private const int Terminator = 8;
    private const int SignatureSize = 16;

    private TcgEventLog(IReadOnlyList<EventLogHash> algorithms, IReadOnlyList<TcgEvent> events, int size) =>
        (Algorithms, Events, Size) = (algorithms, events, size);

    /// <summary>The banks that the header names, in its order.</summary>
    public IReadOnlyList<EventLogHash> Algorithms { get; }

    /// <summary>Whether the log has the header of the crypto-agile form.</summary>
    public bool IsCryptoAgile { get; private init; }

    /// <summary>The records after the header.</summary>
    public IReadOnlyList<TcgEvent> Events { get; }

    /// <summary>Length without the padding.</summary>
    public int Size { get; }

    /// <exception cref="MalformedDataException">The bytes are no such log; the offset says where.</exception>
    public static TcgEventLog Parse(ReadOnlyMemory<byte> log)
    {
        var reader = new StructReader(Structure, log.Span);
        if (log.Length > MaxSize)
            throw reader.Malformed($"is {log.Length} bytes long, at most {MaxSize} are allowed");
        if (log.IsEmpty)
            throw reader.Malformed("is empty");

        var events = new List<TcgEvent>();
        var first = ReadLegacy(ref reader, log);
        var algorithms = first.Type == TcgEventType.NoAction ? ReadHeader(first.Data.Span) : null;
        if (algorithms is null)
            events.Add(first);

        while (reader.Remaining > 0 && !IsEnd(log.Span[reader.Offset..], reader))
        {
            if (events.Count == MaxEvents)
                throw reader.Malformed($"there are more than {MaxEvents} events");

            events.Add(algorithms is null ? ReadLegacy(ref reader, log) : ReadCryptoAgile(ref reader, log, algorithms));
        }

        return new(algorithms ?? [EventLogHash.Sha1], events, reader.Offset) { IsCryptoAgile = algorithms is not null };
    }

    // Eight bytes of FF or of zero end the log (evidence.md 9.1).
    private static bool IsEnd(ReadOnlySpan<byte> rest, StructReader reader)
    {
        if (rest.Length < Terminator || rest[0] is not (0x00 or 0xff) || rest[..Terminator].ContainsAnyExcept(rest[0]))
            return false;

        if (rest.ContainsAnyExcept(rest[0]))
            throw reader.Malformed($"something stands behind the end of the log at 0x{reader.Offset:x}");

        return true;
    }

    private static TcgEvent ReadLegacy(ref StructReader reader, ReadOnlyMemory<byte> log)
    {
        var register = reader.UInt32LE("event.register");
        var type = reader.UInt32LE("event.type");
        reader.Bytes(EventLogHash.Sha1.Size, "event.digest");
        var digest = log.Slice(reader.Offset - EventLogHash.Sha1.Size, EventLogHash.Sha1.Size);
        return new(register, type, [new(EventLogHash.Sha1, digest)], ReadData(ref reader, log));
    }

    private static TcgEvent ReadCryptoAgile(ref StructReader reader, ReadOnlyMemory<byte> log, EventLogHash[] algorithms)
    {
        var register = reader.UInt32LE("event.register");
        var type = reader.UInt32LE("event.type");
        var count = reader.UInt32LE("event.digest_count");

        // The profile wants a digest for each; some firmware leaves banks out. A replay of such a bank fails.
        if (count == 0 || count > algorithms.Length)
            throw reader.Malformed($"is {count}, the header names {algorithms.Length} algorithms");

        var digests = new TcgDigest[count];
        for (var i = 0; i < digests.Length; i++)
        {
            var id = reader.UInt16LE("event.digest_algorithm");
            var hash = algorithms.FirstOrDefault(hash => hash.Id == id);
            if (hash is null || digests.AsSpan(0, i).ContainsHash(hash))
                throw reader.Malformed($"is 0x{id:x4}, which the header does not name, or which was there before");

            reader.Bytes(hash.Size, "event.digest");
            digests[i] = new(hash, log.Slice(reader.Offset - hash.Size, hash.Size));
        }

        return new(register, type, digests, ReadData(ref reader, log));
    }

    private static ReadOnlyMemory<byte> ReadData(ref StructReader reader, ReadOnlyMemory<byte> log)
    {
        var size = reader.UInt32LE("event.size");
        if (size > (uint)reader.Remaining)
            throw reader.Malformed($"is {size}, {reader.Remaining} bytes are left");

        reader.Bytes((int)size, "event.data");
        return log.Slice(reader.Offset - (int)size, (int)size);
    }

    // TCG_EfiSpecIdEvent; null when the record is none. The attestation agent's own header has zeros in place of the signature.
    private static EventLogHash[]? ReadHeader(ReadOnlySpan<byte> data)
    {
        if (data.Length < SignatureSize
            || !data[..SignatureSize].SequenceEqual("Spec ID Event03\0"u8) && data[..SignatureSize].ContainsAnyExcept((byte)0))
            return null;

        var reader = new StructReader("eventlog.header", data);
        reader.Bytes(SignatureSize, "signature");
        reader.UInt32LE("platform_class");
        reader.Bytes(4, "spec_version");
        var count = reader.UInt32LE("algorithm_count");
        if (count is 0 or > MaxAlgorithms)
            throw reader.Malformed($"is {count}, must be 1 to {MaxAlgorithms}");

        var algorithms = new EventLogHash[count];
        for (var i = 0; i < algorithms.Length; i++)
        {
            var id = reader.UInt16LE("algorithm_id");
            var hash = EventLogHash.Find(id) ?? throw reader.Malformed($"is 0x{id:x4}, which is not known");
            if (algorithms.AsSpan(0, i).Contains(hash))
                throw reader.Malformed($"is {hash.Name} again");

            var size = reader.UInt16LE("digest_size");
            if (size != hash.Size)
                throw reader.Malformed($"is {size}, digests of {hash.Name} have {hash.Size} bytes");

            algorithms[i] = hash;
        }

        reader.Bytes(reader.UInt8("vendor_info_size"), "vendor_info");
        reader.End();
        return algorithms;
    }
}

internal static class TcgDigestSpan
{
    public static bool ContainsHash(this Span<TcgDigest> digests, EventLogHash hash)
    {
        foreach (var digest in digests)
        {
            if (digest.Hash == hash)
                return true;
        }

        return false;
    }
}
