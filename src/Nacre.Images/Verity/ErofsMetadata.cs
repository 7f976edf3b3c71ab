using Microsoft.Win32.SafeHandles;
using Nacre.Formats.Erofs;
using Nacre.Images.Unpack;

namespace Nacre.Images.Verity;

/// <summary>
/// Gives each file of a layer its inode and writes them, directories among them, behind the data. The root comes first, then the tree
/// level by level, names in the order of their bytes.
/// </summary>
internal sealed class ErofsMetadata
{
    private const int Block = ErofsSuperblock.BlockSize;

    private readonly ErofsNode _root;
    private readonly string _where;
    private readonly uint _first;
    private readonly List<(ErofsNode Node, ErofsNode Parent)> _nodes = [];
    private readonly (long Seconds, uint Nanoseconds) _usualTime;
    private uint _blocks;

    /// <param name="root">Of the tree, whose files have their data in place.</param>
    /// <param name="firstBlock">The first block behind the data.</param>
    /// <param name="where">The layer, for errors.</param>
    public ErofsMetadata(ErofsNode root, uint firstBlock, string where)
    {
        (_root, _first, _where) = (root, firstBlock, where);
        Collect();
        _usualTime = UsualTime();
        Place();
    }

    /// <returns>Blocks of the image.</returns>
    public uint Write(SafeFileHandle image, FileStream tails, Guid uuid)
    {
        var window = new MetadataWindow(image, (long)_first * Block);
        foreach (var (node, parent) in _nodes)
            WriteNode(window, image, tails, node, parent);
        window.Flush();

        var superblock = new ErofsSuperblock
        {
            RootInode = (ushort)_root.Inode,
            Inodes = (ulong)_nodes.Count,
            Time = _usualTime.Seconds,
            Nanoseconds = _usualTime.Nanoseconds,
            Blocks = _blocks,
            InodesAt = _first,
            Uuid = uuid,
        };
        RandomAccess.SetLength(image, (long)_blocks * Block);
        RandomAccess.Write(image, superblock.ToBlock(), 0);
        return _blocks;
    }

    private void Collect()
    {
        _nodes.Add((_root, _root));
        _root.Links++;
        for (var i = 0; i < _nodes.Count; i++)
        {
            var node = _nodes[i].Node;
            node.Serial = (uint)i + 1;
            if (node.Children is not { } children)
                continue;

            node.Links++;
            foreach (var child in children.Values)
            {
                child.Links++;
                if (child.Kind == ErofsKind.Directory)
                    node.Links++;
                // A second name of a file that was met before has its inode already.
                if (child.Serial != 0)
                    continue;
                child.Serial = uint.MaxValue;
                _nodes.Add((child, node));
            }
        }
    }

    /// <summary>Inodes with the time of the superblock can be compact, so it is the one that most of them have.</summary>
    private (long Seconds, uint Nanoseconds) UsualTime() => _nodes
        .GroupBy(item => (item.Node.Seconds, item.Node.Nanoseconds))
        .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
        .First().Key;

    private void Place()
    {
        // Number 0 stays free: tools take it for "none".
        var at = (long)ErofsInode.Slot;
        var blocks = (long)_first;
        var withBlocks = new List<ErofsNode>();
        foreach (var (node, _) in _nodes)
        {
            if (node.Kind == ErofsKind.Directory)
                node.Size = ErofsDirectory.Size(Names(node));
            var header = HeaderSize(node);
            if (node.Kind is ErofsKind.Directory or ErofsKind.SymbolicLink)
            {
                node.Inline = node.Size % Block is > 0 and <= Block - ErofsInode.Slot;
                if (!node.Inline || node.Size > Block)
                    withBlocks.Add(node);
            }

            // The end of the data must lie in one block, so the inode moves on until it does.
            var tail = node.Inline ? node.Size % Block : 0;
            var room = Block - ((at + header) % Block);
            if (tail > room)
                at = InSlots(at + room);
            node.Inode = (ulong)(at / ErofsInode.Slot);
            at = InSlots(at + header + tail);
        }

        blocks += (at + Block - 1) / Block;
        foreach (var node in withBlocks)
        {
            node.BlockOrDevice = (uint)Math.Min(blocks, uint.MaxValue);
            blocks += (node.Inline ? node.Size : node.Size + Block - 1) / Block;
        }

        _blocks = blocks < uint.MaxValue ? (uint)blocks : throw UnpackBudget.TooLarge("more blocks than an image can have", _where);
    }

    private void WriteNode(MetadataWindow window, SafeFileHandle image, FileStream tails, ErofsNode node, ErofsNode parent)
    {
        var attributes = (int)ErofsAttributes.Size(node.Attributes);
        var inode = new ErofsInode
        {
            Extended = IsExtended(node),
            Inline = node.Inline,
            Kind = node.Kind,
            Permissions = node.Permissions,
            User = node.User,
            Group = node.Group,
            Links = node.Links,
            Size = node.Size,
            BlockOrDevice = node.BlockOrDevice,
            Serial = node.Serial,
            AttributesSize = attributes,
            Modified = (node.Seconds, node.Nanoseconds),
        };
        var bytes = new byte[inode.HeaderSize + attributes + inode.InlineSize];
        inode.Write(bytes);
        if (attributes > 0)
            ErofsAttributes.Write(node.Attributes, bytes.AsSpan(inode.HeaderSize, attributes));

        var tail = bytes.AsSpan(inode.HeaderSize + attributes);
        if (node.Kind == ErofsKind.Regular && node.Inline)
        {
            tails.Position = node.TailAt;
            tails.ReadExactly(tail);
        }
        else if (DataOf(node, parent) is { } data)
        {
            var inBlocks = data.Length - tail.Length;
            data.AsSpan(inBlocks).CopyTo(tail);
            RandomAccess.Write(image, data.AsSpan(0, inBlocks), (long)node.BlockOrDevice * Block);
        }

        window.Write((long)node.Inode * ErofsInode.Slot, bytes);
    }

    private static long InSlots(long at) => (at + ErofsInode.Slot - 1) / ErofsInode.Slot * ErofsInode.Slot;

    private static byte[]? DataOf(ErofsNode node, ErofsNode parent)
    {
        if (node.Children is not { } children)
            return node.Target;

        var entries = Names(node).Select(name => name switch
        {
            "." => new ErofsEntry(name, node.Inode, ErofsKind.Directory),
            ".." => new ErofsEntry(name, parent.Inode, ErofsKind.Directory),
            _ => new ErofsEntry(name, children[name].Inode, children[name].Kind),
        });
        return ErofsDirectory.Encode([.. entries]);
    }

    private static IEnumerable<string> Names(ErofsNode directory) =>
        directory.Children!.Keys.Concat([".", ".."]).Order(StringComparer.Ordinal);

    private bool IsExtended(ErofsNode node) =>
        (node.Seconds, node.Nanoseconds) != _usualTime || !ErofsInode.FitsCompact(node.User, node.Group, node.Links, node.Size);

    private long HeaderSize(ErofsNode node) =>
        (IsExtended(node) ? ErofsInode.ExtendedSize : ErofsInode.CompactSize) + ErofsAttributes.Size(node.Attributes);

    /// <summary>Collects small pieces in rising order into larger writes.</summary>
    private sealed class MetadataWindow(SafeFileHandle image, long start)
    {
        private readonly byte[] _buffer = new byte[1 << 20];
        private long _at;
        private int _used;

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            if (offset + bytes.Length - _at > _buffer.Length)
            {
                Flush();
                _at = offset;
            }

            bytes.CopyTo(_buffer.AsSpan((int)(offset - _at)));
            _used = (int)(offset - _at) + bytes.Length;
        }

        public void Flush()
        {
            RandomAccess.Write(image, _buffer.AsSpan(0, _used), start + _at);
            Array.Clear(_buffer);
            _used = 0;
        }
    }
}
