using Nacre.Formats;
using Nacre.Formats.Erofs;

namespace Nacre.Images.Verity;

/// <summary>One file of an image: its inode, and where that stands.</summary>
public sealed record ErofsFile(ulong Number, ErofsInode Inode)
{
    public bool IsDirectory => Inode.Kind == ErofsKind.Directory;
}

/// <summary>
/// Reads an EROFS image from a source that may be slow and need not be honest: every offset lies in the image before it is read, directories
/// and attributes are bounded, and what breaks a rule is a <see cref="MalformedDataException"/>. What it does not do is to verify: put it
/// on a <see cref="VeritySource"/>.
/// </summary>
public sealed class ErofsReader
{
    /// <summary>Bytes of the largest directory that is read: as many names as <c>UnpackLimits</c> lets a layer have.</summary>
    public const long LargestDirectory = 256 << 20;

    private const int Block = ErofsSuperblock.BlockSize;

    private readonly IByteSource _image;
    private readonly long _start;
    private readonly long _end;

    private ErofsReader(IByteSource image, ErofsSuperblock superblock)
    {
        (_image, Superblock) = (image, superblock);
        (_start, _end) = ((long)superblock.InodesAt * Block, (long)superblock.Blocks * Block);
    }

    public ErofsSuperblock Superblock { get; }

    /// <param name="image">Not owned.</param>
    /// <param name="size">Bytes of it at most.</param>
    /// <param name="cancel">Ends the read.</param>
    public static async Task<ErofsReader> OpenAsync(IByteSource image, long size, CancellationToken cancel)
    {
        var block = new byte[Block];
        await image.ReadAsync(0, block, cancel);
        var superblock = ErofsSuperblock.Parse(block);
        return superblock.Blocks <= size / Block
            ? new(image, superblock)
            : throw new MalformedDataException("erofs.superblock", "blocks", 36, $"is {superblock.Blocks}, the image has {size / Block}");
    }

    public ValueTask<ErofsFile> RootAsync(CancellationToken cancel) => GetAsync(Superblock.RootInode, cancel);

    public async ValueTask<ErofsFile> GetAsync(ulong number, CancellationToken cancel)
    {
        if (number > (ulong)(_end - _start) / ErofsInode.Slot)
            throw Malformed("nid", $"is {number}, which is behind the end of the image");

        var position = Position(number);
        var bytes = new byte[ErofsInode.ExtendedSize];
        await ReadImageAsync(position, bytes.AsMemory(0, ErofsInode.CompactSize), cancel);
        var size = ErofsInode.CompactSize;
        if (ErofsInode.IsExtended(bytes))
        {
            await ReadImageAsync(position + size, bytes.AsMemory(size), cancel);
            size = ErofsInode.ExtendedSize;
        }

        return new(number, ErofsInode.Parse(bytes.AsSpan(0, size)));
    }

    /// <summary>How many blocks of names a directory has.</summary>
    public static int DirectoryBlocks(ErofsFile directory) => directory.IsDirectory && directory.Inode.Size <= LargestDirectory
        ? (int)((directory.Inode.Size + Block - 1) / Block)
        : throw Malformed("i_size", $"is {directory.Inode.Size}, which is no directory that is read here");

    /// <summary>The names of one block of a directory, in order.</summary>
    public async ValueTask<IReadOnlyList<ErofsEntry>> ListAsync(ErofsFile directory, int block, CancellationToken cancel)
    {
        var bytes = new byte[Math.Min(Block, directory.Inode.Size - ((long)block * Block))];
        await ReadExactlyAsync(directory, (long)block * Block, bytes, cancel);
        return ErofsDirectory.Decode(bytes);
    }

    /// <summary>Null when there is no such name.</summary>
    public async ValueTask<ErofsFile?> FindAsync(ErofsFile directory, string name, CancellationToken cancel)
    {
        for (var (low, high) = (0, DirectoryBlocks(directory) - 1); low <= high;)
        {
            var middle = (low + high) / 2;
            var entries = await ListAsync(directory, middle, cancel);
            if (string.CompareOrdinal(name, entries[0].Name) < 0)
                high = middle - 1;
            else if (string.CompareOrdinal(name, entries[^1].Name) > 0)
                low = middle + 1;
            else
                return entries.FirstOrDefault(entry => entry.Name == name) is { Name: not null } found
                    ? await GetAsync(found.Inode, cancel) : null;
        }

        return null;
    }

    /// <summary>Data of a file from <paramref name="offset"/> on; less than the buffer only at its end.</summary>
    public async ValueTask<int> ReadAsync(ErofsFile file, long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        if (file.Inode.Kind is not (ErofsKind.Regular or ErofsKind.Directory or ErofsKind.SymbolicLink))
            throw Malformed("i_mode", $"is a {file.Inode.Kind}, which has no data");
        if (offset >= file.Inode.Size)
            return 0;

        var count = (int)Math.Min(buffer.Length, file.Inode.Size - offset);
        var inBlocks = file.Inode.Size - file.Inode.InlineSize;
        var whole = (int)Math.Clamp(inBlocks - offset, 0, count);
        if (whole > 0)
            await ReadImageAsync(((long)file.Inode.BlockOrDevice * Block) + offset, buffer[..whole], cancel);
        if (whole < count)
        {
            var tail = Position(file.Number) + file.Inode.HeaderSize + file.Inode.AttributesSize;
            await ReadImageAsync(tail + offset + whole - inBlocks, buffer[whole..count], cancel);
        }

        return count;
    }

    public async ValueTask<IReadOnlyDictionary<string, byte[]>> AttributesAsync(ErofsFile file, CancellationToken cancel)
    {
        var bytes = new byte[file.Inode.AttributesSize];
        await ReadImageAsync(Position(file.Number) + file.Inode.HeaderSize, bytes, cancel);
        return ErofsAttributes.Parse(bytes);
    }

    /// <summary>Where a symbolic link points, one byte a character.</summary>
    public async ValueTask<byte[]> TargetAsync(ErofsFile link, CancellationToken cancel)
    {
        const int longest = 4096;
        if (link.Inode.Kind != ErofsKind.SymbolicLink || link.Inode.Size is 0 or >= longest)
            throw Malformed("i_size", $"is {link.Inode.Size}, which is no symbolic link");

        var target = new byte[link.Inode.Size];
        await ReadExactlyAsync(link, 0, target, cancel);
        return target;
    }

    private async ValueTask ReadExactlyAsync(ErofsFile file, long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        if (await ReadAsync(file, offset, buffer, cancel) != buffer.Length)
            throw Malformed("i_size", "is less than was asked for");
    }

    private long Position(ulong number) => _start + ((long)number * ErofsInode.Slot);

    private ValueTask ReadImageAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        if (offset < 0 || offset > _end - buffer.Length)
            throw Malformed("i_u", $"leads to byte {offset}, which is behind the end of the image");
        return buffer.IsEmpty ? ValueTask.CompletedTask : _image.ReadAsync(offset, buffer, cancel);
    }

    private static MalformedDataException Malformed(string field, string rule) => new("erofs.inode", field, 0, rule);
}
