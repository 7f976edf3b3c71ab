using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Audit;

/// <summary>Reads the record for people: the newest lines of all chains of one directory, by time.</summary>
public static class AuditReader
{
    /// <param name="directory">With the segments.</param>
    /// <param name="since">Lines from then on; null for all.</param>
    /// <param name="limit">The newest of them.</param>
    /// <param name="isWanted">Of a line.</param>
    public static IReadOnlyList<JsonObject> Read(string directory, DateTimeOffset? since, int limit, Func<JsonObject, bool> isWanted)
    {
        var from = since?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var newest = new PriorityQueue<JsonObject, (string At, long Sequence)>();
        foreach (var chain in AuditSegment.List(directory).GroupBy(segment => segment.Chain))
        {
            // From the newest on: what is before the first that is not needed is older still.
            var found = 0;
            foreach (var segment in chain.Reverse().TakeWhile(segment => found < limit && IsSince(segment)))
                found += Collect(segment);
        }

        var lines = new List<JsonObject>(newest.Count);
        while (newest.TryDequeue(out var line, out _))
            lines.Add(line);
        return lines;

        bool IsSince(AuditSegment segment) => since is null || File.GetLastWriteTimeUtc(segment.FullPath) >= since.Value.UtcDateTime;

        int Collect(AuditSegment segment)
        {
            var found = 0;
            ReadOnlyMemory<byte> rest = segment.ReadAll();
            while (rest.Span.IndexOf((byte)'\n') is >= 0 and var end)
            {
                var line = Parse(segment, rest[..end]);
                rest = rest[(end + 1)..];
                var at = (string?)line["at"];
                if (at is null || string.CompareOrdinal(at, from) < 0 || !isWanted(line))
                    continue;

                found++;
                newest.Enqueue(line, (at, (long)line["seq"]!));
                if (newest.Count > limit)
                    newest.Dequeue();
            }

            return found;
        }
    }

    private static JsonObject Parse(AuditSegment segment, ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = StrictJson.Parse(line, "audit.line", AuditLine.MaxBytes);
            var json = JsonObject.Create(document.RootElement.Clone())!;
            json["chain"] = segment.Chain;
            json.Remove("hash");
            return json;
        }
        catch (Exception e) when (e is MalformedDataException or InvalidOperationException)
        {
            throw new AuditDamageException(segment.FileName, 1, "a line cannot be read; nacre audit verify says which");
        }
    }
}
