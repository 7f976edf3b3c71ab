using Nacre.Evidence.Csv;
using Nacre.Formats;
using Nacre.Formats.EventLogs;
using Nacre.Verifiers.EventLogs;

namespace Nacre.Verifiers.Csv;

/// <summary>The event log of a guest with RTMRs: it must lead to RTMR1 to RTMR4. Reports of version 1 have none, and vouch for no log.</summary>
internal static class CsvEventLog
{
    private const uint First = 1;
    private const uint Last = 4;
    private const string Remedy = "send the whole log of this boot, as it was recorded";

    /// <summary>The events as claims; null if there are none to believe.</summary>
    public static IReadOnlyList<UefiEventClaims>? Require(CheckList checks, CsvReport report, byte[]? bytes)
    {
        if (bytes is null)
        {
            checks.NotMade("csv.event_log.replay", "cc_eventlog", "none was sent");
            return null;
        }

        if (report.Version == 1)
        {
            checks.NotMade("csv.event_log.replay", "cc_eventlog", "a report of version 1 has no registers to compare it with");
            return null;
        }

        try
        {
            var log = TcgEventLog.Parse(bytes);
            var replayed = EventLogReplay.Compute(log, EventLogHash.Sm3);

            // A register without events still holds zeros: else its events were left out.
            var zero = new byte[EventLogHash.Sm3.Size];
            for (var register = First; register <= Last; register++)
            {
                var value = replayed.GetValueOrDefault(register, zero);
                checks.Require(
                    value.AsSpan().SequenceEqual(report.Rtmrs[(int)register]), "csv.event_log.replay", $"RTMR{register}",
                    Convert.ToHexStringLower(report.Rtmrs[(int)register]), Convert.ToHexStringLower(value), Remedy);
            }

            foreach (var register in replayed.Keys.Where(register => register is < First or > Last))
            {
                checks.Require(
                    false, "csv.event_log.replay", $"index {register}", "events of RTMR1 to RTMR4", "events that no register vouches for", Remedy);
            }

            return UefiEventClaims.Create(log);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "csv.event_log.format", $"{error.Structure}.{error.Field}", "an event log", error.Rule, Remedy);
            return null;
        }
    }
}
