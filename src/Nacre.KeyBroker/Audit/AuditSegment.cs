using System.Globalization;
using System.Text.RegularExpressions;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Audit;

/// <summary>One file of a chain: its name, and the walk over its lines.</summary>
/// <param name="Directory">Where it is.</param>
/// <param name="Chain">16 hexadecimal digits.</param>
/// <param name="Number">From 1.</param>
public sealed partial record AuditSegment(string Directory, string Chain, int Number)
{
    private const long MaxFileBytes = 256 * 1024 * 1024;

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Chain}-{Number:d6}.jsonl");

    public string FullPath => Path.Combine(Directory, FileName);

    /// <summary>Every segment in a directory, by chain and number.</summary>
    public static IReadOnlyList<AuditSegment> List(string directory) =>
    [
        .. System.IO.Directory.EnumerateFiles(directory)
            .Select(path => NamePattern().Match(Path.GetFileName(path)))
            .Where(match => match.Success)
            .Select(match => new AuditSegment(
                directory, match.Groups["chain"].Value,
                int.Parse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)))
            .OrderBy(segment => segment.Chain, StringComparer.Ordinal).ThenBy(segment => segment.Number),
    ];

    public byte[] ReadAll() => new FileInfo(FullPath).Length <= MaxFileBytes
        ? File.ReadAllBytes(FullPath) : throw new AuditDamageException(FileName, 1, $"the file is larger than {MaxFileBytes} bytes");

    /// <summary>Follows the chain through this segment.</summary>
    /// <param name="content">Of the file.</param>
    /// <param name="before">Where the chain stood; null takes the first line's word for it.</param>
    /// <param name="visit">Gets the head after each line, and the line.</param>
    /// <returns>The head after the last whole line, and how many bytes the whole lines have: what follows is a line that was never
    /// finished.</returns>
    /// <exception cref="AuditDamageException">A line does not follow the one before it.</exception>
    public (AuditHead Head, int WholeBytes) Walk(
        ReadOnlyMemory<byte> content, AuditHead? before, Action<AuditHead, ReadOnlyMemory<byte>>? visit = null)
    {
        var head = before;
        var offset = 0;
        for (var number = 1; content.Span[offset..].IndexOf((byte)'\n') is >= 0 and var length; number++)
        {
            var line = content.Slice(offset, length);
            head = number == 1 ? Open(line, before) : Follow(line, head!, number);
            visit?.Invoke(head, line);
            offset += length + 1;
        }

        return (head ?? AuditHead.Start, offset);
    }

    private AuditHead Open(ReadOnlyMemory<byte> line, AuditHead? before)
    {
        try
        {
            using var document = StrictJson.Parse(line, "audit.segment", AuditLine.MaxBytes);
            var fields = new JsonFields("audit.segment", document.RootElement);
            var previous = fields.Text("prev", 2 * AuditLine.HashSize);
            if (fields.Text("action", 16) != AuditLine.SegmentAction || fields.Text("chain", 16) != Chain
                || !fields.Any("segment").TryGetInt32(out var segment) || segment != Number)
                throw new AuditDamageException(FileName, 1, $"this is not segment {Number} of chain {Chain}");
            if (before is not null && previous != Convert.ToHexStringLower(before.Hash))
                throw new AuditDamageException(FileName, 1, "the segment does not follow the one before it");

            before ??= new AuditHead(Number - 1, fields.Any("seq").GetInt64() - 1, Convert.FromHexString(previous));
        }
        catch (Exception e) when (e is MalformedDataException or FormatException or InvalidOperationException)
        {
            throw new AuditDamageException(FileName, 1, $"the line cannot be read: {e.Message}");
        }

        return Follow(line, before, 1);
    }

    private AuditHead Follow(ReadOnlyMemory<byte> line, AuditHead before, int number)
    {
        var hash = AuditLine.Check(line.Span, before.Hash);
        return hash is not null && SequenceOf(line) == before.Sequence + 1
            ? new AuditHead(Number, before.Sequence + 1, hash)
            : throw new AuditDamageException(FileName, number, Problem(SequenceOf(line), before.Sequence + 1));
    }

    private static string Problem(long? found, long expected) => found is { } sequence && sequence != expected
        ? string.Create(CultureInfo.InvariantCulture, $"the line with seq {expected} is missing or out of order; here stands {sequence}")
        : string.Create(CultureInfo.InvariantCulture, $"the line with seq {expected} was altered");

    private static long? SequenceOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = StrictJson.Parse(line, "audit.line", AuditLine.MaxBytes);
            var fields = new JsonFields("audit.line", document.RootElement);
            return fields.Find("seq") is { } seq && seq.TryGetInt64(out var value) ? value : null;
        }
        catch (Exception e) when (e is MalformedDataException or InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\A(?<chain>[0-9a-f]{16})-(?<number>[0-9]{6})\.jsonl\z", RegexOptions.None, 1000)]
    private static partial Regex NamePattern();
}
