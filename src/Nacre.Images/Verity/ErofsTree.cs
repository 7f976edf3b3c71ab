using Nacre.Formats.Erofs;
using Nacre.Images.Unpack;
using Nacre.Linux.Files;

namespace Nacre.Images.Verity;

/// <summary>
/// The files of one layer, as an overlay wants to find them: a whiteout is the character device 0:0, and a directory that hides those below
/// carries <c>trusted.overlay.opaque</c> (Linux filesystems/overlayfs.rst), as containerd's EROFS snapshotter has it. Only what the layer
/// itself holds is looked at, so that the same layer gives the same image whatever it stands on.
/// </summary>
internal sealed class ErofsTree(UnpackLimits limits, string where)
{
    private const string OpaqueAttribute = "trusted.overlay.opaque";
    private const string OverlayAttributes = "trusted.overlay.";
    private const string WhiteoutPrefix = ".wh.";
    private const string OpaqueMarker = ".wh..wh..opq";
    private const string OtherMarkers = ".wh..wh.";

    private readonly List<string> _notes = [];

    // What an entry without a parent in the archive gets, as other tools do.
    public ErofsNode Root { get; } = NewDirectory();

    /// <summary>What was left out, for the user to read.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Adds an entry. The node returned is a new regular file whose data and size are still to be set; else null.</summary>
    public ErofsNode? Add(TarEntry entry)
    {
        var parts = Split(entry.Name, "name");
        if (parts.Length == 0)
        {
            if (entry.Kind == TarKind.Directory)
                SetMetadata(Root, entry);
            return null;
        }

        var parent = RequireDirectory(parts.AsSpan(0, parts.Length - 1));
        var name = parts[^1];
        if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
        {
            Whiteout(parent, name);
            return null;
        }

        if (entry.Kind == TarKind.HardLink)
        {
            HardLink(parent, name, entry);
            return null;
        }

        var existing = parent.Children!.GetValueOrDefault(name);
        if (existing is { Kind: ErofsKind.Directory } && entry.Kind == TarKind.Directory)
        {
            SetMetadata(existing, entry);
            return null;
        }

        var node = Create(entry);
        // The whiteout of a directory below, then a directory of that name: nothing of the one below shows through.
        if (existing is { IsWhiteout: true } && node.Kind == ErofsKind.Directory)
            node.Attributes[OpaqueAttribute] = "y"u8.ToArray();
        parent.Children![name] = node;
        return node.Kind == ErofsKind.Regular ? node : null;
    }

    private ErofsNode Create(TarEntry entry)
    {
        var node = new ErofsNode(entry.Kind switch
        {
            TarKind.Directory => ErofsKind.Directory,
            TarKind.SymbolicLink => ErofsKind.SymbolicLink,
            TarKind.CharacterDevice => ErofsKind.CharacterDevice,
            TarKind.BlockDevice => ErofsKind.BlockDevice,
            TarKind.Fifo => ErofsKind.Fifo,
            _ => ErofsKind.Regular,
        });
        SetMetadata(node, entry);
        switch (node.Kind)
        {
            case ErofsKind.SymbolicLink:
                if (entry.LinkTarget.Length == 0 || entry.LinkTarget.Length >= limits.PathLength || entry.LinkTarget.Contains('\0'))
                    throw Unsafe("a symbolic link with an empty or overlong target");
                node.Target = Latin1(entry.LinkTarget);
                node.Size = node.Target.Length;
                node.Permissions = 0x1ff;
                break;
            case ErofsKind.CharacterDevice or ErofsKind.BlockDevice:
                node.BlockOrDevice = Device(entry);
                break;
        }

        return node;
    }

    private void SetMetadata(ErofsNode node, TarEntry entry)
    {
        node.Permissions = (ushort)entry.Mode;
        (node.User, node.Group) = (entry.User, entry.Group);
        (node.Seconds, node.Nanoseconds) = (entry.ModifiedSeconds, (uint)entry.ModifiedNanoseconds);
        var opaque = node.Attributes.ContainsKey(OpaqueAttribute);
        node.Attributes.Clear();
        if (opaque)
            node.Attributes[OpaqueAttribute] = "y"u8.ToArray();
        foreach (var (text, value) in entry.Attributes)
        {
            var attribute = FileName.FromText(text);
            // Such a one would redirect the overlay that the image is mounted in; whiteouts are how a layer says what it hides.
            if (attribute.StartsWith(OverlayAttributes, StringComparison.Ordinal) || !ErofsAttributes.CanHold(attribute, value))
                Note($"the attribute {FileName.Display(attribute)} of {FileName.Display(entry.Name)} was left out");
            else
                node.Attributes[attribute] = value;
        }

        if (ErofsAttributes.Size(node.Attributes) > ErofsAttributes.LargestSize)
        {
            throw UnpackBudget.TooLarge(
                $"more than {ErofsAttributes.LargestSize} bytes of attributes of '{FileName.Display(entry.Name)}'", where);
        }
    }

    private void HardLink(ErofsNode parent, string name, TarEntry entry)
    {
        // An absolute target means the root of the image.
        var target = Split(entry.LinkTarget.TrimStart('/'), "link target");
        var node = target.Length == 0 ? Root : FindDirectory(target.AsSpan(0, target.Length - 1))?.Children!.GetValueOrDefault(target[^1]);
        if (node is null)
            throw Unsafe($"a hard link to '{FileName.Display(entry.LinkTarget)}', which is not in this layer");
        if (node.Kind == ErofsKind.Directory)
            throw Unsafe($"a hard link to the directory '{FileName.Display(entry.LinkTarget)}'");

        parent.Children![name] = node;
    }

    private void Whiteout(ErofsNode parent, string name)
    {
        if (name == OpaqueMarker)
        {
            parent.Attributes[OpaqueAttribute] = "y"u8.ToArray();
            return;
        }

        // AUFS kept its own notes under such names; they are no files.
        if (name.StartsWith(OtherMarkers, StringComparison.Ordinal))
            return;

        var hidden = name[WhiteoutPrefix.Length..];
        if (hidden is "" or "." or "..")
            throw Unsafe($"the whiteout '{FileName.Display(name)}'");

        // What the layer itself has under that name hides the one below already; a directory must be told to.
        if (!parent.Children!.TryGetValue(hidden, out var own))
            parent.Children[hidden] = new(ErofsKind.CharacterDevice);
        else if (own.Kind == ErofsKind.Directory)
            own.Attributes[OpaqueAttribute] = "y"u8.ToArray();
    }

    private ErofsNode RequireDirectory(ReadOnlySpan<string> parts)
    {
        var node = Root;
        foreach (var part in parts)
        {
            if (!node.Children!.TryGetValue(part, out var child) || child.IsWhiteout)
            {
                var made = NewDirectory();
                if (child is not null)
                    made.Attributes[OpaqueAttribute] = "y"u8.ToArray();
                child = node.Children[part] = made;
            }

            if (child.Kind != ErofsKind.Directory)
                throw Unsafe($"an entry below '{FileName.Display(part)}', which is no directory in this layer");
            node = child;
        }

        return node;
    }

    private ErofsNode? FindDirectory(ReadOnlySpan<string> parts)
    {
        var node = Root;
        foreach (var part in parts)
        {
            if (node.Children?.GetValueOrDefault(part) is not { Kind: ErofsKind.Directory } child)
                return null;
            node = child;
        }

        return node;
    }

    /// <summary>The parts of a path without <c>.</c> and doubled slashes. What climbs or starts at the root is refused, not repaired.</summary>
    private string[] Split(string name, string what)
    {
        if (name.Length > limits.PathLength)
            throw UnpackBudget.TooLarge($"a {what} of {name.Length} bytes", where);
        if (name.StartsWith('/') || name.Contains('\0'))
            throw Unsafe($"the {what} '{FileName.Display(name)}' is absolute or holds a nul");

        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (parts.Contains(".."))
            throw Unsafe($"the {what} '{FileName.Display(name)}' climbs with '..'");
        return parts.Length <= limits.PathDepth && Array.TrueForAll(parts, part => part.Length <= ErofsDirectory.LongestName)
            ? parts
            : throw UnpackBudget.TooLarge(
                $"the {what} '{FileName.Display(name[..Math.Min(name.Length, 80)])}…' is too deep or has an overlong part", where);
    }

    private uint Device(TarEntry entry)
    {
        // new_encode_dev of the kernel: 12 bits of major, 20 of minor.
        if (entry.Major > 0xfff || entry.Minor > 0xfffff)
            throw Unsafe($"the device {entry.Major}:{entry.Minor}, which no system has");
        return (entry.Minor & 0xff) | (entry.Major << 8) | ((entry.Minor & ~0xffu) << 12);
    }

    private void Note(string text)
    {
        const int most = 100;
        if (_notes.Count < most)
            _notes.Add(text);
    }

    private static ErofsNode NewDirectory() => new(ErofsKind.Directory) { Permissions = 0x1ed };

    private static byte[] Latin1(string name) => System.Text.Encoding.Latin1.GetBytes(name);

    private ImageException Unsafe(string what) => new(
        ImageFault.UnsafeEntry, what, where, "the layer cannot stand by itself as an image; pull it into a bundle instead, or build it again");
}
