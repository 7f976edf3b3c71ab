using Nacre.Linux.Files;

namespace Nacre.Images.Unpack;

/// <summary>
/// Reads a tar archive front to back: ustar, PAX, GNU long names and base-256 numbers. Stricter than System.Formats.Tar, which decodes
/// names as text, knows no limits and takes what it does not understand as files.
/// </summary>
internal sealed class TarReader(Stream archive, UnpackBudget budget, string where)
{
    private const int LargestLongName = 64 * 1024;
    private readonly byte[] _block = new byte[TarHeader.Size];
    private PaxRecords _global = new();
    private long _remaining;
    private long _padding;

    /// <summary>The next entry, or null at the end of the archive. What is left of the data of the one before is skipped.</summary>
    public async ValueTask<TarEntry?> NextAsync(CancellationToken cancel)
    {
        await SkipAsync(_remaining + _padding, cancel);
        (_remaining, _padding) = (0, 0);

        var pax = new PaxRecords();
        string? longName = null, longLink = null;
        while (await ReadHeaderAsync(cancel) is { } header)
        {
            switch ((char)header.Type)
            {
                case 'x':
                    await ReadPaxAsync(pax, header, cancel);
                    continue;
                case 'g':
                    _global = new();
                    await ReadPaxAsync(_global, header, cancel);
                    if (_global.IsSparse)
                        throw Malformed("a map of a sparse file for the whole archive");
                    continue;
                case 'L':
                    longName = await ReadLongNameAsync(header, cancel);
                    continue;
                case 'K':
                    longLink = await ReadLongNameAsync(header, cancel);
                    continue;
                default:
                    budget.AddEntry(where);
                    _remaining = Guard(() => StoredSize(header, pax));
                    _padding = Padding(_remaining);
                    var content = await ReadContentMapAsync(header, pax, cancel);
                    return Guard(() => Entry(header, pax, content, longName, longLink));
            }
        }

        return longName is null && longLink is null && pax.IsEmpty
            ? null
            : throw Malformed("the archive ends after an extended header");
    }

    /// <summary>Data of the entry; 0 at its end.</summary>
    public async ValueTask<int> ReadDataAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        if (_remaining == 0)
            return 0;

        var count = await archive.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _remaining)], cancel);
        if (count == 0)
            throw Malformed($"the archive ends {_remaining} bytes before the end of a file");
        _remaining -= count;
        return count;
    }

    private long StoredSize(TarHeader header, PaxRecords pax)
    {
        var size = pax.Number("size") ?? _global.Number("size") ?? header.Length;
        if (size < 0)
            throw new FormatException($"the size is {size}");

        // Only files have data; a size on anything else is ignored by some readers and skipped by others.
        return Kind(header) == TarKind.Regular || size == 0 ? size : throw new FormatException($"an entry that is no file has a size of {size}");
    }

    /// <summary>What may stand before the data of a file: the maps of the sparse forms.</summary>
    private async ValueTask<SparseMap> ReadContentMapAsync(TarHeader header, PaxRecords pax, CancellationToken cancel)
    {
        if (header.Type == 'S')
        {
            var numbers = new List<long>();
            var size = Guard(() => TarHeader.Number(_block.AsSpan(483, 12), "realsize"));
            var more = Guard(() => ReadPairs(386, 4, 482, numbers));
            while (more)
            {
                await archive.ReadExactlyAsync(_block, cancel);
                more = Guard(() => ReadPairs(0, 21, 504, numbers));
            }

            return Guard(() => SparseMap.Create(size, numbers, _remaining));
        }

        if (!pax.IsSparse)
            return SparseMap.Whole(_remaining);
        if (Guard(() => Kind(header)) != TarKind.Regular)
            throw Malformed("a map of a sparse file on an entry that is no file");
        if (pax.Text("GNU.sparse.major") is not { } major)
        {
            return Guard(() => SparseMap.Create(
                pax.Number("GNU.sparse.size") ?? throw new FormatException("a sparse file has no size"),
                pax.Text("GNU.sparse.map") is { } map ? SparseMap.ParseList(map) : pax.SparsePairs,
                _remaining));
        }

        if (major != "1" || pax.Text("GNU.sparse.minor") != "0")
            throw Malformed("a sparse file of a version that is not known");
        var text = new SparseMapText();
        do
        {
            if (_remaining < _block.Length)
                throw Malformed("the map of a sparse file is longer than its data");
            await archive.ReadExactlyAsync(_block, cancel);
            _remaining -= _block.Length;
        }
        while (!Guard(() => text.Add(_block)));

        return Guard(() => SparseMap.Create(
            pax.Number("GNU.sparse.realsize") ?? throw new FormatException("a sparse file has no size"), text.Numbers, _remaining));
    }

    private bool ReadPairs(int start, int count, int extended, List<long> numbers)
    {
        SparseMap.ReadPairs(_block, start, count, numbers);
        return _block[extended] != 0;
    }

    private TarEntry Entry(TarHeader header, PaxRecords pax, SparseMap content, string? longName, string? longLink)
    {
        var kind = Kind(header);
        var modified = pax.Modified ?? _global.Modified ?? (header.Modified, 0);
        var name = pax.Path ?? longName ?? header.Name;
        return new()
        {
            Name = name,
            // Before POSIX, a directory was a file whose name ends in a slash.
            Kind = kind == TarKind.Regular && content.Size == 0 && name.EndsWith('/') ? TarKind.Directory : kind,
            LinkTarget = pax.LinkPath ?? longLink ?? header.LinkTarget,
            Mode = (uint)header.Mode & 0xfff,
            User = Id(pax.Number("uid") ?? _global.Number("uid") ?? header.User, "uid"),
            Group = Id(pax.Number("gid") ?? _global.Number("gid") ?? header.Group, "gid"),
            Content = content,
            ModifiedSeconds = modified.Item1,
            ModifiedNanoseconds = modified.Item2,
            Major = Id(header.Major, "devmajor"),
            Minor = Id(header.Minor, "devminor"),
            Attributes = pax.Attributes,
        };
    }

    private static TarKind Kind(TarHeader header) => (char)header.Type switch
    {
        '0' or '\0' or '7' or 'S' => TarKind.Regular,
        '1' => TarKind.HardLink,
        '2' => TarKind.SymbolicLink,
        '3' => TarKind.CharacterDevice,
        '4' => TarKind.BlockDevice,
        '5' => TarKind.Directory,
        '6' => TarKind.Fifo,
        var other => throw new FormatException($"the entry type 0x{(int)other:x2} is not known"),
    };

    private static uint Id(long value, string name) =>
        value is >= 0 and < uint.MaxValue ? (uint)value : throw new FormatException($"'{name}' is {value}");

    private async ValueTask<TarHeader?> ReadHeaderAsync(CancellationToken cancel)
    {
        // Blocks of zeros part archives that were joined; only the end of the stream ends them (guest.md 6.7).
        while (true)
        {
            var count = await archive.ReadAtLeastAsync(_block, _block.Length, throwOnEndOfStream: false, cancel);
            if (count == 0)
                return null;
            if (count < _block.Length)
                throw Malformed($"the archive ends inside a header, after {count} bytes");
            if (_block.AsSpan().IndexOfAnyExcept((byte)0) >= 0)
                return Guard(() => TarHeader.Parse(_block));
        }
    }

    private async ValueTask ReadPaxAsync(PaxRecords target, TarHeader header, CancellationToken cancel)
    {
        var data = await ReadSmallAsync(header, PaxRecords.LargestHeader, cancel);
        Guard(() =>
        {
            target.Read(data);
            return 0;
        });
    }

    private async ValueTask<string> ReadLongNameAsync(TarHeader header, CancellationToken cancel)
    {
        var data = await ReadSmallAsync(header, LargestLongName, cancel);
        var end = Array.IndexOf(data, (byte)0);
        return FileName.FromBytes(end < 0 ? data : data.AsSpan(0, end));
    }

    private async ValueTask<byte[]> ReadSmallAsync(TarHeader header, int largest, CancellationToken cancel)
    {
        if (header.Length < 0 || header.Length > largest)
            throw UnpackBudget.TooLarge($"an extended header of {header.Length} bytes", where);

        var data = new byte[header.Length];
        await archive.ReadExactlyAsync(data, cancel);
        await SkipAsync(Padding(header.Length), cancel);
        return data;
    }

    private async ValueTask SkipAsync(long count, CancellationToken cancel)
    {
        var buffer = _block;
        while (count > 0)
        {
            var read = await archive.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancel);
            if (read == 0)
                throw Malformed("the archive ends inside an entry");
            count -= read;
        }
    }

    private static long Padding(long size) => (TarHeader.Size - (size % TarHeader.Size)) % TarHeader.Size;

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw Malformed(e.Message, e);
        }
    }

    private ImageException Malformed(string what, Exception? inner = null) =>
        new(ImageFault.Malformed, $"tar: {what}", where, "the layer was not built by the rules; build the image again", inner);
}
