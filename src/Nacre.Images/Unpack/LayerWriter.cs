using Microsoft.Win32.SafeHandles;
using Nacre.Images.Store;
using Nacre.Linux;
using Nacre.Linux.Files;

namespace Nacre.Images.Unpack;

/// <summary>Writes the entries of one layer (image-spec layer.md, "Applying Changesets"). Whiteouts hide lower layers only.</summary>
internal sealed class LayerWriter(RootfsBuilder rootfs, string where)
{
    private const string WhiteoutPrefix = ".wh.";
    private const string OpaqueMarker = ".wh..wh..opq";
    private const string OtherMarkers = ".wh..wh.";
    private const int SmallestHole = 4096;

    /// <summary>Every path that this layer wrote, and the directories above them.</summary>
    private readonly HashSet<string> _written = [];
    private readonly byte[] _buffer = new byte[128 * 1024];

    public async ValueTask WriteAsync(TarEntry entry, TarReader tar, CancellationToken cancel)
    {
        var path = Normalise(entry.Name, "name");
        if (path.Length == 0)
        {
            if (entry.Kind == TarKind.Directory)
                SetDirectory(rootfs.Root, "", ".", entry);
            return;
        }

        var (parentPath, name) = RootfsBuilder.Split(path);
        (var parent, parentPath) = rootfs.RequireDirectory(parentPath, where, _written);
        if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
        {
            Whiteout(parent, parentPath, name);
            return;
        }

        path = RootfsBuilder.Join(parentPath, name);
        Remember(path);
        try
        {
            await PlaceAsync(parent, path, name, entry, tar, cancel);
        }
        catch (SystemCallException e) when (e.Errno is Errno.NoSpace)
        {
            throw new ImageException(ImageFault.Local, "no space is left on the device", where, "free some, or choose another directory", e);
        }
    }

    private async ValueTask PlaceAsync(DirectoryHandle parent, string path, string name, TarEntry entry, TarReader tar, CancellationToken cancel)
    {
        var existing = parent.FindStatus(name);
        if (existing is { Kind: FileKind.Directory } && entry.Kind == TarKind.Directory)
        {
            SetDirectory(parent, path, name, entry);
            return;
        }

        // A hard link to itself is what some writers give for a file that is there already.
        if (entry.Kind == TarKind.HardLink && Normalise(entry.LinkTarget.TrimStart('/'), "link target") == path
            && (existing is not null || rootfs.Layer?.FindBelow(path) is not null))
            return;

        if (existing is not null)
            rootfs.RemoveTree(parent, path, name);

        switch (entry.Kind)
        {
            case TarKind.Regular:
                await WriteFileAsync(parent, name, entry, tar, cancel);
                return;
            case TarKind.Directory:
                parent.MakeDirectory(name, 0x1c0 /* 0700 until all is written */);
                SetDirectory(parent, path, name, entry);
                // What it takes the place of has hidden what is below.
                if (existing is not null)
                    rootfs.Layer?.MarkOpaque(parent, name);
                return;
            case TarKind.HardLink:
                HardLink(parent, name, entry);
                return;
            case TarKind.SymbolicLink:
                SymbolicLink(parent, name, entry);
                return;
            case TarKind.Fifo:
                parent.MakeNode(name, FileKind.Fifo, 0x180, 0, 0);
                SetMetadata(parent, name, entry);
                return;
            default:
                Device(parent, path, name, entry);
                return;
        }
    }

    private async ValueTask WriteFileAsync(DirectoryHandle parent, string name, TarEntry entry, TarReader tar, CancellationToken cancel)
    {
        if (entry.Content.Size > rootfs.Budget.Limits.Bytes)
            throw UnpackBudget.TooLarge($"a file of {entry.Content.Size} bytes", where);

        using (var file = parent.CreateFile(name, 0x180 /* 0600 */))
        {
            try
            {
                await CopyDataAsync(file, entry.Content, tar, cancel);
            }
            catch (IOException e) when (e is not EndOfStreamException)
            {
                throw new ImageException(ImageFault.Local, $"a file cannot be written: {e.Message}", where, "check the space and rights of the directory", e);
            }
        }

        SetMetadata(parent, name, entry);
    }

    /// <summary>Whole buffers of zeros are not written: they become holes, as they were when somebody packed a sparse file.</summary>
    private async ValueTask CopyDataAsync(SafeFileHandle file, SparseMap content, TarReader tar, CancellationToken cancel)
    {
        var written = 0L;
        foreach (var (offset, length) in content.Segments)
        {
            var (position, end) = (offset, offset + length);
            while (position < end)
            {
                var count = await tar.ReadDataAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, end - position)), cancel);
                var bytes = _buffer.AsSpan(0, count);
                if (count < SmallestHole || bytes.IndexOfAnyExcept((byte)0) >= 0)
                {
                    RandomAccess.Write(file, bytes, position);
                    written = position + count;
                }

                position += count;
            }
        }

        if (written < content.Size)
            RandomAccess.SetLength(file, content.Size);
    }

    private void HardLink(DirectoryHandle parent, string name, TarEntry entry)
    {
        // An absolute target means the root of the image.
        var target = Normalise(entry.LinkTarget.TrimStart('/'), "link target");
        var (targetParent, targetName) = RootfsBuilder.Split(target);
        if (rootfs.Layer is { } layer)
            BringTarget(layer, targetParent, targetName);
        using var directory = rootfs.FindDirectory(targetParent, where, _written);
        if (directory?.FindStatus(targetName) is not { } status || (rootfs.Layer is not null && status.IsWhiteout))
            throw Unsafe($"a hard link to '{FileName.Display(target)}', which is not in the image");
        if (status.Kind == FileKind.Directory)
            throw Unsafe($"a hard link to the directory '{FileName.Display(target)}'");
        parent.MakeHardLink(name, directory, targetName);
    }

    // A layer by itself needs a copy of a file of below to have another name for it.
    private void BringTarget(LayerTree layer, string parentPath, string name)
    {
        var (directory, path) = new DirectoryResolver(rootfs, where, _written).Require(parentPath);
        using (directory)
        {
            if (directory.FindStatus(name) is null && layer.FindBelow(RootfsBuilder.Join(path, name)) is { Status.Kind: not FileKind.Directory } found)
                layer.BringFile(directory, name, found);
        }
    }

    private void SymbolicLink(DirectoryHandle parent, string name, TarEntry entry)
    {
        // Any target is allowed: nothing here follows it, and in the container it is resolved in the container's root.
        if (entry.LinkTarget.Length == 0 || entry.LinkTarget.Length >= rootfs.Budget.Limits.PathLength || entry.LinkTarget.Contains('\0'))
            throw Unsafe("a symbolic link with an empty or overlong target");

        parent.MakeSymbolicLink(name, entry.LinkTarget);
        if (rootfs.Privileged)
            parent.ChangeOwner(name, entry.User, entry.Group);
        parent.SetModified(name, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    private void Device(DirectoryHandle parent, string path, string name, TarEntry entry)
    {
        if (!rootfs.Options.AllowDevices || !rootfs.Privileged)
        {
            rootfs.Note($"the device {FileName.Display(path)} ({entry.Major}:{entry.Minor}) was left out");
            return;
        }

        if (rootfs.Layer is not null && entry is { Kind: TarKind.CharacterDevice, Major: 0, Minor: 0 })
            throw Unsafe($"the device {FileName.Display(path)} (0:0), which overlayfs takes for a whiteout");

        var kind = entry.Kind == TarKind.CharacterDevice ? FileKind.CharacterDevice : FileKind.BlockDevice;
        parent.MakeNode(name, kind, 0x180, entry.Major, entry.Minor);
        SetMetadata(parent, name, entry);
    }

    private void SetDirectory(DirectoryHandle parent, string path, string name, TarEntry entry)
    {
        if (rootfs.Privileged)
            parent.ChangeOwner(name, entry.User, entry.Group);
        SetAttributes(parent, name, entry);
        // Until all layers are written everybody who unpacks can write here.
        parent.ChangeMode(name, entry.Mode | 0x1c0);
        rootfs.NoteDirectory(path, entry);
    }

    // Owner first: changing it clears setuid and file capabilities.
    private void SetMetadata(DirectoryHandle parent, string name, TarEntry entry)
    {
        if (rootfs.Privileged)
            parent.ChangeOwner(name, entry.User, entry.Group);
        SetAttributes(parent, name, entry);
        parent.ChangeMode(name, entry.Mode);
        parent.SetModified(name, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    private void SetAttributes(DirectoryHandle parent, string name, TarEntry entry)
    {
        foreach (var (attribute, value) in entry.Attributes)
        {
            if (OverlayForm.Owns(attribute))
            {
                var shown = FileName.Display(FileName.FromText(attribute));
                rootfs.Note($"the attribute {shown} of {FileName.Display(entry.Name)} was left out: it is overlayfs' own");
                continue;
            }

            try
            {
                parent.SetAttribute(name, FileName.FromText(attribute), value);
            }
            catch (SystemCallException e) when (e.Errno is Errno.NotSupported or Errno.NotPermitted)
            {
                // A file without its capability is weaker, never stronger; that it is so must be seen.
                rootfs.Note($"the attribute {FileName.Display(FileName.FromText(attribute))} of {FileName.Display(entry.Name)} was left out: {e.Message}");
            }
        }
    }

    private void Whiteout(DirectoryHandle parent, string parentPath, string name)
    {
        if (name == OpaqueMarker)
        {
            rootfs.Layer?.HideAllBelow(parent, parentPath);
            // A handle of its own: the one that is kept open goes when something below is removed.
            using var directory = parent.OpenBeneath(".");
            RemoveLower(directory, parentPath);
            return;
        }

        // AUFS kept its own notes under such names; they are no files.
        if (name.StartsWith(OtherMarkers, StringComparison.Ordinal))
            return;

        var hidden = name[WhiteoutPrefix.Length..];
        if (hidden is "" or "." or "..")
            throw Unsafe($"the whiteout '{FileName.Display(name)}'");

        var path = RootfsBuilder.Join(parentPath, hidden);
        if (!_written.Contains(path))
        {
            rootfs.RemoveTree(parent, path, hidden);
            if (rootfs.Layer is not null)
                OverlayForm.MakeWhiteout(parent, hidden);
        }
        else if (parent.FindStatus(hidden) is { Kind: FileKind.Directory })
        {
            rootfs.Layer?.MarkOpaque(parent, hidden);
            using var directory = parent.OpenBeneath(hidden);
            RemoveLower(directory, path);
        }
    }

    /// <summary>Removes from a directory what this layer did not write.</summary>
    private void RemoveLower(DirectoryHandle directory, string path)
    {
        foreach (var child in directory.Names())
        {
            var childPath = RootfsBuilder.Join(path, child);
            if (!_written.Contains(childPath))
            {
                rootfs.RemoveTree(directory, childPath, child);
            }
            else if (directory.FindStatus(child) is { Kind: FileKind.Directory })
            {
                using var inner = directory.OpenBeneath(child);
                RemoveLower(inner, childPath);
            }
        }
    }

    private void Remember(string path)
    {
        for (; path.Length > 0 && _written.Add(path); path = RootfsBuilder.Split(path).Parent)
        {
        }
    }

    /// <summary>The path without <c>./</c> and doubled slashes. What climbs or starts at the root is refused, not repaired.</summary>
    private string Normalise(string name, string what)
    {
        var limits = rootfs.Budget.Limits;
        if (name.Length > limits.PathLength)
            throw UnpackBudget.TooLarge($"a {what} of {name.Length} bytes", where);
        if (name.StartsWith('/'))
            throw Unsafe($"the {what} '{FileName.Display(name)}' is absolute");
        if (name.Contains('\0'))
            throw Unsafe($"the {what} '{FileName.Display(name)}' holds a nul");

        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToList();
        if (parts.Contains(".."))
            throw Unsafe($"the {what} '{FileName.Display(name)}' climbs with '..'");
        if (parts.Count > limits.PathDepth || parts.Exists(part => part.Length > 255))
            throw UnpackBudget.TooLarge($"the {what} '{FileName.Display(name[..Math.Min(name.Length, 80)])}…' is too deep or has an overlong part", where);
        return string.Join('/', parts);
    }

    private ImageException Unsafe(string what, Exception? inner = null) =>
        new(ImageFault.UnsafeEntry, what, where, "the layer tries to reach out of its place; do not run this image", inner);
}
