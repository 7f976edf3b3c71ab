using Microsoft.Win32.SafeHandles;
using Nacre.Formats.Erofs;
using Nacre.Images.Unpack;

namespace Nacre.Images.Verity;

/// <summary>
/// Makes an EROFS image of a layer while its tar is read, in one pass: the data of files goes to its place at once, from block 1 on; inodes
/// and directories follow when all names are known, the superblock last. Nothing depends on anything but the archive, so the same layer is
/// the same image everywhere, and its root hash can be pinned before a host made it.
/// </summary>
internal sealed class ErofsLayerWriter : IDisposable
{
    /// <summary>A last part up to here stands behind its inode; a longer one gets a block of its own.</summary>
    public const int LargestTail = 2048;

    private readonly SafeFileHandle _image;
    private readonly FileStream _tails;
    private readonly UnpackBudget _budget;
    private readonly string _where;
    private readonly ErofsTree _tree;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private uint _nextBlock = 1;

    /// <param name="image">Empty, and not yet to be seen by anybody.</param>
    /// <param name="tails">Path for a file that is there until this is disposed.</param>
    /// <param name="budget">What the layer may cost.</param>
    /// <param name="where">The layer, for errors.</param>
    public ErofsLayerWriter(SafeFileHandle image, string tails, UnpackBudget budget, string where)
    {
        (_image, _budget, _where) = (image, budget, where);
        _tree = new(budget.Limits, where);
        _tails = new(tails, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 128 * 1024,
        });
    }

    public IReadOnlyList<string> Notes => _tree.Notes;

    /// <returns>Blocks of the image.</returns>
    public async Task<uint> WriteAsync(Stream archive, Guid uuid, CancellationToken cancel)
    {
        var tar = new TarReader(archive, _budget, _where);
        while (await tar.NextAsync(cancel) is { } entry)
        {
            if (_tree.Add(entry) is { } file)
                await WriteDataAsync(file, entry.Content, tar, cancel);
        }

        return new ErofsMetadata(_tree.Root, _nextBlock, _where).Write(_image, _tails, uuid);
    }

    public void Dispose() => _tails.Dispose();

    private async Task WriteDataAsync(ErofsNode file, SparseMap content, TarReader tar, CancellationToken cancel)
    {
        // Holes cost no bytes of the archive, but blocks of the image.
        var holes = content.Size - content.Segments.Sum(segment => segment.Length);
        if (holes > _budget.Limits.Bytes)
            throw UnpackBudget.TooLarge($"a file with {holes} bytes of holes", _where);
        for (var left = holes; left > 0; left -= int.MaxValue)
            _budget.AddBytes((int)Math.Min(left, int.MaxValue), layerBytes: 0, compressedBytes: 0, _where);

        var tail = (int)(content.Size % ErofsSuperblock.BlockSize);
        file.Size = content.Size;
        file.Inline = tail is > 0 and <= LargestTail;
        file.TailAt = _tails.Position;
        var inBlocks = file.Inline ? content.Size - tail : content.Size;
        file.BlockOrDevice = inBlocks == 0 ? 0 : Reserve(inBlocks);

        var start = (long)file.BlockOrDevice * ErofsSuperblock.BlockSize;
        var last = new byte[file.Inline ? tail : 0];
        foreach (var (offset, length) in content.Segments)
        {
            for (var (position, end) = (offset, offset + length); position < end;)
            {
                var count = await tar.ReadDataAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, end - position)), cancel);
                Place(_buffer.AsSpan(0, count), position, start, inBlocks, last);
                position += count;
            }
        }

        _tails.Write(last);
    }

    private void Place(ReadOnlySpan<byte> bytes, long position, long start, long inBlocks, Span<byte> last)
    {
        var whole = (int)Math.Clamp(inBlocks - position, 0, bytes.Length);
        if (whole > 0)
            RandomAccess.Write(_image, bytes[..whole], start + position);
        if (whole < bytes.Length)
            bytes[whole..].CopyTo(last[(int)(position + whole - inBlocks)..]);
    }

    private uint Reserve(long bytes)
    {
        var first = _nextBlock;
        var blocks = (bytes + ErofsSuperblock.BlockSize - 1) / ErofsSuperblock.BlockSize;
        if (blocks >= uint.MaxValue - first)
            throw UnpackBudget.TooLarge("more blocks than an image can have", _where);
        _nextBlock += (uint)blocks;
        return first;
    }
}
