using Nacre.Formats;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>Reads on in a chain that is being written, or that nobody writes any more.</summary>
/// <param name="directory">With its segments.</param>
/// <param name="chain">Its id.</param>
internal sealed class AuditTail(string directory, string chain)
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxLines = 256;

    /// <summary>Lines after a position, no further than the record is known to be on disk.</summary>
    /// <param name="from">The position.</param>
    /// <param name="until">What is on disk; null where nobody writes: all whole lines.</param>
    /// <returns>The lines, and the position after them; no lines when there are none yet.</returns>
    /// <exception cref="IOException">The segment is missing, or is not as it was written.</exception>
    public (IReadOnlyList<AuditExportLine> Lines, AuditPosition End) Read(AuditPosition from, AuditHead? until)
    {
        var position = from;
        var (segments, lastLine) = until is not null ? (until.Segment, until.Sequence) : (LastSegment(), long.MaxValue);
        while (position.Sequence < lastLine)
        {
            var segment = new AuditSegment(directory, chain, position.Segment);
            var content = ReadFrom(segment, position.Offset);
            var (lines, end) = Parse(segment, content, position, lastLine);
            if (lines.Count > 0)
                return (lines, end);
            if (until is null && position.Segment >= segments)
                break;
            if (content.Length > 0 || position.Segment >= segments)
                throw new IOException($"{segment.FileName} ends before the line with seq {position.Sequence + 1}");
            position = new AuditPosition(position.Segment + 1, 0, position.Sequence);
        }

        return ([], position);
    }

    private int LastSegment() => AuditSegment.List(directory).Where(segment => segment.Chain == chain).Max(segment => segment.Number);

    private (IReadOnlyList<AuditExportLine> Lines, AuditPosition End) Parse(
        AuditSegment segment, ReadOnlyMemory<byte> content, AuditPosition from, long until)
    {
        var lines = new List<AuditExportLine>();
        var (offset, sequence) = (0, from.Sequence);
        while (lines.Count < MaxLines && sequence < until && content.Span[offset..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            try
            {
                lines.Add(AuditExportLine.Parse(chain, sequence + 1, content.Slice(offset, length)));
                sequence++;
            }
            catch (MalformedDataException e)
            {
                // What is before it is right.
                if (lines.Count > 0)
                    break;

                throw new IOException($"{segment.FileName} is not as it was written: {e.Message}", e);
            }

            offset += length + 1;
        }

        return (lines, new AuditPosition(from.Segment, from.Offset + offset, sequence));
    }

    private static byte[] ReadFrom(AuditSegment segment, long offset)
    {
        using var file = File.OpenHandle(segment.FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[Math.Clamp(RandomAccess.GetLength(file) - offset, 0, MaxBytes)];
        return buffer[..RandomAccess.Read(file, buffer, offset)];
    }
}
