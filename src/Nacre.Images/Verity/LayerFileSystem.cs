using Nacre.Formats.Erofs;
using Nacre.Linux.Fuse;

namespace Nacre.Images.Verity;

/// <summary>
/// The files of an EROFS image for FUSE. It keeps nothing itself: inodes and names are read again from verified blocks in the cache.
/// </summary>
public sealed class LayerFileSystem(ErofsReader reader) : IFuseFileSystem
{
    private const ulong Root = 1;

    // A block of 4096 bytes has fewer names than this.
    private const ulong NamesPerBlock = 512;

    public async ValueTask<FuseNode?> LookupAsync(ulong directory, string name, CancellationToken cancel) =>
        await reader.FindAsync(await FileAsync(directory, cancel), name, cancel) is { } found ? Node(found) : null;

    public async ValueTask<FuseNode> GetAsync(ulong node, CancellationToken cancel) => Node(await FileAsync(node, cancel));

    public async ValueTask<IReadOnlyList<FuseName>> ListAsync(ulong directory, ulong cookie, CancellationToken cancel)
    {
        var file = await FileAsync(directory, cancel);
        var (block, first) = (cookie / NamesPerBlock, (int)(cookie % NamesPerBlock));
        if (block >= (ulong)ErofsReader.DirectoryBlocks(file))
            return [];

        var entries = await reader.ListAsync(file, (int)block, cancel);
        return [.. entries.Select((entry, i) => new FuseName(
            entry.Name,
            NodeOf(entry.Inode),
            (uint)entry.Kind,
            i + 1 < entries.Count ? (block * NamesPerBlock) + (ulong)i + 1 : (block + 1) * NamesPerBlock)).Skip(first)];
    }

    public async ValueTask<int> ReadAsync(ulong node, long offset, Memory<byte> buffer, CancellationToken cancel) =>
        await reader.ReadAsync(await FileAsync(node, cancel), offset, buffer, cancel);

    public async ValueTask<byte[]> ReadLinkAsync(ulong node, CancellationToken cancel) =>
        await reader.TargetAsync(await FileAsync(node, cancel), cancel);

    public async ValueTask<IReadOnlyDictionary<string, byte[]>> AttributesAsync(ulong node, CancellationToken cancel) =>
        await reader.AttributesAsync(await FileAsync(node, cancel), cancel);

    private ValueTask<ErofsFile> FileAsync(ulong node, CancellationToken cancel) =>
        node == Root ? reader.RootAsync(cancel) : reader.GetAsync(node - Root - 1, cancel);

    // Node 1 is the root and 0 is none, whatever numbers the image has for them.
    private ulong NodeOf(ulong inode) => inode == reader.Superblock.RootInode ? Root : inode + Root + 1;

    private FuseNode Node(ErofsFile file)
    {
        var inode = file.Inode;
        var (seconds, nanoseconds) = inode.Modified ?? (reader.Superblock.Time, reader.Superblock.Nanoseconds);
        var device = inode.Kind is ErofsKind.CharacterDevice or ErofsKind.BlockDevice ? inode.BlockOrDevice : 0;
        return new(
            NodeOf(file.Number), (uint)inode.Kind | inode.Permissions, inode.Links, inode.User, inode.Group, inode.Size, device,
            seconds, nanoseconds);
    }
}
