using System.Globalization;
using System.Text;
using Nacre.Linux.Files;

namespace Nacre.Images.Unpack;

/// <summary>
/// The records of a PAX extended header: <c>length key=value\n</c>, length in bytes of the whole record. What matters here overrides the
/// ustar header; unknown keys are passed over as POSIX wants, but not those that change what the data means.
/// </summary>
internal sealed class PaxRecords
{
    public const int LargestHeader = 1 << 20;
    private const string AttributePrefix = "SCHILY.xattr.";
    private const string SparsePrefix = "GNU.sparse.";
    private const int MostAttributes = 256;

    // XATTR_NAME_MAX and XATTR_SIZE_MAX of Linux (limits.h).
    private const int LongestAttributeName = 255;
    private const int LargestAttribute = 64 * 1024;

    private readonly Dictionary<string, byte[]> _values = [];

    public Dictionary<string, byte[]> Attributes { get; } = [];

    /// <summary>Offsets and lengths in turn, of PAX 0.0, where the same two keys come again and again.</summary>
    public List<long> SparsePairs { get; } = [];

    public bool IsEmpty => _values.Count == 0 && Attributes.Count == 0;

    public bool IsSparse => _values.Keys.Any(key => key.StartsWith(SparsePrefix, StringComparison.Ordinal));

    /// <exception cref="FormatException">The message says which rule is broken.</exception>
    public void Read(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var space = data.IndexOf((byte)' ');
            if (space is < 1 or > 10
                || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 2 || length > data.Length || data[length - 1] != '\n')
            {
                throw new FormatException("a PAX record has a wrong length");
            }

            var record = data[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
                throw new FormatException("a PAX record has no key");

            Add(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..]);
            data = data[length..];
        }
    }

    public string? Path => FindName("GNU.sparse.name") ?? FindName("path");

    public string? LinkPath => FindName("linkpath");

    public long? Number(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"the PAX record '{key}' is no number");
    }

    /// <summary>Seconds since 1970, with a fraction.</summary>
    public (long Seconds, int Nanoseconds)? Modified
    {
        get
        {
            if (!_values.TryGetValue("mtime", out var value))
                return null;
            if (!decimal.TryParse(value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
                || Math.Abs(time) > 1_000_000_000_000m)
            {
                throw new FormatException("the PAX record 'mtime' is no time");
            }

            var seconds = Math.Floor(time);
            return ((long)seconds, (int)((time - seconds) * 1_000_000_000m));
        }
    }

    private void Add(string key, ReadOnlySpan<byte> value)
    {
        if (key is "GNU.sparse.offset" or "GNU.sparse.numbytes")
        {
            if ((SparsePairs.Count % 2 == 0) != (key == "GNU.sparse.offset"))
                throw new FormatException("the map of a sparse file has an offset without a length");
            SparsePairs.Add(SparseMap.Number(Encoding.ASCII.GetString(value)));
            SparseMap.RequireFew(SparsePairs.Count / 2);
        }

        if (!key.StartsWith(AttributePrefix, StringComparison.Ordinal))
        {
            _values[key] = value.ToArray();
            return;
        }

        var name = key[AttributePrefix.Length..];
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > LongestAttributeName || name.Contains('\0'))
            throw new FormatException($"the name of an extended attribute must have 1 to {LongestAttributeName} bytes and no nul");
        if (value.Length > LargestAttribute)
            throw new FormatException($"an extended attribute has {value.Length} bytes, at most {LargestAttribute} are allowed");

        Attributes[name] = value.ToArray();
        if (Attributes.Count > MostAttributes)
            throw new FormatException($"more than {MostAttributes} extended attributes");
    }

    public string? Text(string key) => _values.TryGetValue(key, out var value) ? Encoding.ASCII.GetString(value) : null;

    private string? FindName(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        return value.AsSpan().Contains((byte)0) ? throw new FormatException($"the PAX record '{key}' holds a nul") : FileName.FromBytes(value);
    }
}
