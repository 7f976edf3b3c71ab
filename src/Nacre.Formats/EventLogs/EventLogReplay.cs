namespace Nacre.Formats.EventLogs;

/// <summary>What the registers hold after the events of a log (evidence.md 9.2).</summary>
public static class EventLogReplay
{
    private const uint FirstDynamicPcr = 17;
    private const uint LastDynamicPcr = 22;

    /// <summary>The value of each register that has measured events, and of PCR 0 when the log says at which locality it started.</summary>
    /// <exception cref="MalformedDataException">An event has no digest for this bank: its register cannot be computed.</exception>
    public static SortedDictionary<uint, byte[]> Compute(TcgEventLog log, EventLogHash hash)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(hash);

        var registers = new SortedDictionary<uint, byte[]>();
        var extended = new byte[2 * hash.Size];
        var locality = FindLocality(log);
        if (locality is not null)
            registers[0] = Initial(0, hash, locality);

        for (var i = 0; i < log.Events.Count; i++)
        {
            var @event = log.Events[i];
            if (!@event.IsMeasured)
                continue;

            if (@event.FindDigest(hash) is not { } digest)
                throw new MalformedDataException("eventlog.replay", $"event {i}", 0, $"has no digest of {hash.Name}");

            (registers.TryGetValue(@event.Register, out var value) ? value : Initial(@event.Register, hash, locality)).CopyTo(extended, 0);
            digest.CopyTo(extended, hash.Size);
            registers[@event.Register] = hash.HashData(extended);
        }

        return registers;
    }

    /// <summary>What a register holds before its first event: zeros; PCR 17 to 22 all ones; PCR 0 ends with the locality of the start.</summary>
    private static byte[] Initial(uint register, EventLogHash hash, byte? locality)
    {
        var value = new byte[hash.Size];
        if (register is >= FirstDynamicPcr and <= LastDynamicPcr)
            value.AsSpan().Fill(0xff);
        else if (register == 0)
            value[^1] = locality ?? 0;

        return value;
    }

    private static byte? FindLocality(TcgEventLog log)
    {
        foreach (var @event in log.Events)
        {
            var data = @event.Data.Span;
            if (@event is { IsMeasured: false, Register: 0 } && data.Length == 17 && data.StartsWith("StartupLocality\0"u8))
                return data[16];
        }

        return null;
    }
}
