using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;
using Nacre.Evidence.EventLogs;
using Nacre.Formats;
using Nacre.Formats.EventLogs;

namespace Nacre.Verifiers.Csv;

/// <summary>The event log of a guest with RTMRs: it must lead to RTMR1 to RTMR4. Reports of version 1 have none, and vouch for no log.</summary>
internal static class CsvEventLog
{
    /// <summary>The events as claims; null if there are none to believe.</summary>
    public static JsonArray? Require(CheckList checks, CsvReport report, byte[]? bytes)
    {
        if (bytes is null)
            return null;
        if (report.Version == 1)
        {
            checks.NotMade("csv.event_log.replay", "cc_eventlog", "a report of version 1 has no registers to compare it with");
            return null;
        }

        try
        {
            var log = TcgEventLog.Parse(bytes);
            var replayed = EventLogReplay.Compute(log, EventLogHash.Sm3);
            foreach (var (register, value) in replayed)
            {
                if (register is 0 or > 4)
                    continue;
                checks.Require(
                    value.AsSpan().SequenceEqual(report.Rtmrs[(int)register]), "csv.event_log.replay", $"RTMR{register}",
                    Convert.ToHexStringLower(report.Rtmrs[(int)register]), Convert.ToHexStringLower(value), "send the whole log of this boot");
            }

            return UefiEventClaims.Create(log);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "csv.event_log.format", $"{error.Structure}.{error.Field}", "an event log", error.Rule, "send the log as the firmware made it");
            return null;
        }
    }
}
