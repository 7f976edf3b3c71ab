using System.Globalization;
using System.Text;

namespace Nacre.Images.Unpack;

/// <summary>
/// Where the stored bytes of a sparse file of GNU tar belong; all else of it is holes. The four forms are those of the GNU tar manual,
/// "Storing Sparse Files": the old GNU header, and PAX 0.0, 0.1 and 1.0.
/// </summary>
internal sealed record SparseMap
{
    public const int MostSegments = 100_000;

    private SparseMap(long size, IReadOnlyList<(long Offset, long Length)> segments) => (Size, Segments) = (size, segments);

    /// <summary>Of the file once it is written.</summary>
    public long Size { get; }

    public IReadOnlyList<(long Offset, long Length)> Segments { get; }

    public static SparseMap Whole(long size) => new(size, [(0, size)]);

    /// <param name="size">Of the file once it is written.</param>
    /// <param name="numbers">Offset and length, in turn.</param>
    /// <param name="stored">Bytes of data in the archive.</param>
    /// <exception cref="FormatException">The segments are not in order, reach out of the file, or are not what is stored.</exception>
    public static SparseMap Create(long size, IReadOnlyList<long> numbers, long stored)
    {
        if (numbers.Count % 2 != 0)
            throw new FormatException("the map of a sparse file has an offset without a length");

        var segments = new List<(long Offset, long Length)>();
        var (end, sum) = (0L, 0L);
        for (var i = 0; i < numbers.Count; i += 2)
        {
            var (offset, length) = (numbers[i], numbers[i + 1]);
            if (offset < end || length < 0 || length > size - offset)
                throw new FormatException("the map of a sparse file is out of order or reaches out of it");
            segments.Add((offset, length));
            (end, sum) = (offset + length, sum + length);
        }

        return sum == stored && size >= 0 ? new(size, segments) : throw new FormatException($"the map of a sparse file has {sum} bytes, the archive {stored}");
    }

    /// <summary>Pairs of the old GNU header (4 from byte 386) or of one of its extension blocks (21 from byte 0); an empty one ends them.</summary>
    public static void ReadPairs(ReadOnlySpan<byte> block, int start, int count, List<long> numbers)
    {
        for (var at = start; at < start + (count * 24) && block[at] != 0; at += 24)
        {
            numbers.Add(TarHeader.Number(block.Slice(at, 12), "sparse offset"));
            numbers.Add(TarHeader.Number(block.Slice(at + 12, 12), "sparse length"));
        }

        RequireFew(numbers.Count / 2);
    }

    /// <summary><c>offset,length,offset,length</c> of PAX 0.1.</summary>
    public static List<long> ParseList(string text)
    {
        RequireFew((text.AsSpan().Count(',') / 2) + 1);
        return text.Length == 0 ? [] : [.. text.Split(',').Select(number => Number(number))];
    }

    public static long Number(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException("the map of a sparse file holds something that is no number");

    public static void RequireFew(long segments)
    {
        if (segments > MostSegments)
            throw new FormatException($"the map of a sparse file has more than {MostSegments} segments");
    }
}

/// <summary>The map in front of the data (PAX 1.0): decimal numbers, a line each, the first their count, up to the end of a block.</summary>
internal sealed class SparseMapText
{
    private readonly List<long> _numbers = [];
    private readonly StringBuilder _line = new();
    private long? _wanted;

    public IReadOnlyList<long> Numbers => _numbers;

    /// <returns>True when the map is complete and what follows this block is data.</returns>
    /// <exception cref="FormatException">It is no such map.</exception>
    public bool Add(ReadOnlySpan<byte> block)
    {
        foreach (var b in block)
        {
            if (b != '\n')
            {
                if (_line.Append((char)b).Length > 20)
                    throw new FormatException("the map of a sparse file has an overlong number");
                continue;
            }

            var number = SparseMap.Number(_line.ToString());
            _line.Clear();
            if (_wanted is null)
            {
                SparseMap.RequireFew(number);
                _wanted = 2 * number;
            }
            else
            {
                _numbers.Add(number);
            }

            if (_numbers.Count == _wanted)
                return true;
        }

        return false;
    }
}
