using Nacre.Formats;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>Reads on in a chain that is being written.</summary>
/// <param name="directory">With its segments.</param>
/// <param name="chain">Its id.</param>
internal sealed class AuditTail(string directory, string chain)
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxLines = 256;

    /// <summary>Lines after a position, no further than the record is known to be on disk.</summary>
    /// <returns>The lines, and the position after them; no lines when there are none yet.</returns>
    /// <exception cref="IOException">The segment is missing, or is not as it was written.</exception>
    public (IReadOnlyList<AuditExportLine> Lines, AuditPosition End) Read(AuditPosition from, AuditHead until)
    {
        var position = from;
        while (position.Sequence < until.Sequence)
        {
            var segment = new AuditSegment(directory, chain, position.Segment);
            var content = ReadFrom(segment, position.Offset);
            var (lines, end) = Parse(segment, content, position, until.Sequence);
            if (lines.Count > 0)
                return (lines, end);
            if (content.Length > 0 || position.Segment >= until.Segment)
                throw new IOException($"{segment.FileName} ends before the line with seq {position.Sequence + 1}");
            position = new AuditPosition(position.Segment + 1, 0, position.Sequence);
        }

        return ([], position);
    }

    private (IReadOnlyList<AuditExportLine> Lines, AuditPosition End) Parse(
        AuditSegment segment, ReadOnlyMemory<byte> content, AuditPosition from, long until)
    {
        var lines = new List<AuditExportLine>();
        var (offset, sequence) = (0, from.Sequence);
        while (lines.Count < MaxLines && sequence < until && content.Span[offset..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            try
            {
                lines.Add(AuditExportLine.Parse(chain, ++sequence, content.Slice(offset, length)));
            }
            catch (MalformedDataException e)
            {
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
