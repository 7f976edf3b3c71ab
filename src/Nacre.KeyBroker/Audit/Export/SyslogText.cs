using System.Globalization;
using System.Text;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>
/// A message of RFC 5424: facility 13 (log audit), the chain as process id, the action as message id, <c>sequenceId</c> of the chain, and
/// the line itself, which is ASCII.
/// </summary>
internal static class SyslogText
{
    private const int Facility = 13;
    private const int Warning = 4;
    private const int Notice = 5;
    private const long MaxSequence = int.MaxValue;
    private const int MaxHostName = 255;

    public static byte[] Format(AuditExportLine line, string hostName)
    {
        var priority = 8 * Facility + (line.IsWarning ? Warning : Notice);
        var at = line.At?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "-";
        var sequence = (line.Sequence - 1) % MaxSequence + 1;
        return Encoding.ASCII.GetBytes(
            $"<{priority}>1 {at} {Printable(hostName)} nacre {line.Chain} {line.Action} [meta sequenceId=\"{sequence}\"] {line.Json}");
    }

    private static string Printable(string name) =>
        name.Length is > 0 and <= MaxHostName && name.All(c => c is > ' ' and < '\x7f') ? name : "-";
}
