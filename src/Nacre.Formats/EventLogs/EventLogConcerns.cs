using System.Globalization;

namespace Nacre.Formats.EventLogs;

/// <summary>What a replay cannot see and a reader of a log should know (evidence.md 9.3).</summary>
public static class EventLogConcerns
{
    /// <summary>In words, in the order of the log; empty when there is nothing to say.</summary>
    public static IReadOnlyList<string> Find(TcgEventLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var concerns = new List<string>();
        var separated = new HashSet<uint>();
        var (starts, leaves) = (false, false);
        for (var i = 0; i < log.Events.Count; i++)
        {
            var @event = log.Events[i];
            if (DigestIsOfData(@event.Type) && !@event.DigestMatchesData)
                concerns.Add(Text(i, @event, "its data is not what was measured"));
            if (@event.Type == TcgEventType.Separator && !separated.Add(@event.Register))
                concerns.Add(Text(i, @event, "the register has a second separator"));

            starts |= @event.Type == TcgEventType.EfiBootServicesApplication;
            leaves |= @event.Type == TcgEventType.EfiAction && @event.Data.Span.StartsWith("Exit Boot Services"u8);
        }

        if (starts && !leaves)
            concerns.Add("a boot loader was started, and the firmware was never left (Exit Boot Services): the log may be cut short");

        return concerns;
    }

    // Types whose digest is that of the data in every firmware we have seen; others digest a file or a part of the data.
    private static bool DigestIsOfData(uint type) =>
        type is TcgEventType.Separator or TcgEventType.Action or TcgEventType.EfiAction or TcgEventType.EfiVariableDriverConfig or TcgEventType.EfiGptEvent;

    private static string Text(int number, TcgEvent @event, string concern) =>
        string.Create(CultureInfo.InvariantCulture, $"event {number} ({TcgEventType.Name(@event.Type)}, register {@event.Register}): {concern}");
}
