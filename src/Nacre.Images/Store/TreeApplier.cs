using Nacre.Images.Unpack;
using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>Puts stored layers, bottom first, into a root file system of its own: copies of all files, and what a layer hides removed.</summary>
internal sealed class TreeApplier(RootfsBuilder rootfs)
{
    public void Apply(DirectoryHandle tree, StoredLayer layer)
    {
        if (layer.HidesAll)
        {
            foreach (var name in rootfs.Root.Names())
                rootfs.RemoveTree(rootfs.Root, name, name);
        }

        if (layer.HasRoot)
            Directory(tree, ".", tree.FindStatus(".")!.Value, rootfs.Root, "");
        Children(tree, "", []);
    }

    // Hard links within a layer stay hard links: the first name of an inode is copied, the others are linked to that copy.
    private void Children(DirectoryHandle source, string path, Dictionary<ulong, string> copied)
    {
        using var target = rootfs.Root.OpenBeneath(path);
        foreach (var name in source.Names())
        {
            var status = source.FindStatus(name) ?? throw new FileNotFoundException("A name has gone from a stored layer.");
            var here = RootfsBuilder.Join(path, name);
            var isDirectory = status.Kind == FileKind.Directory;
            if (target.FindStatus(name) is { } existing
                && !(isDirectory && existing.Kind == FileKind.Directory && !OverlayForm.IsOpaque(source, name)))
                rootfs.RemoveTree(target, here, name);

            if (isDirectory)
            {
                if (target.FindStatus(name) is null)
                    target.MakeDirectory(name, 0x1c0);
                Directory(source, name, status, target, here);
                using var inner = source.OpenBeneath(name);
                Children(inner, here, copied);
            }
            else if (!status.IsWhiteout)
            {
                Other(source, name, status, target, here, copied);
            }
        }
    }

    private void Directory(DirectoryHandle source, string name, in FileStatus status, DirectoryHandle target, string path)
    {
        var targetName = path.Length == 0 ? "." : RootfsBuilder.Split(path).Name;
        TreeCopy.CopyMetadata(source, name, status, target, targetName, rootfs.Privileged);
        target.ChangeMode(targetName, status.Mode | 0x1c0);
        rootfs.NoteDirectory(path, status);
    }

    private void Other(
        DirectoryHandle source, string name, in FileStatus status, DirectoryHandle target, string path, Dictionary<ulong, string> copied)
    {
        if (status.Links > 1 && copied.TryGetValue(status.Inode, out var first))
        {
            var (parent, firstName) = RootfsBuilder.Split(first);
            using var directory = rootfs.Root.OpenBeneath(parent);
            target.MakeHardLink(name, directory, firstName);
            return;
        }

        TreeCopy.CopyEntry(source, name, status, target, name, rootfs.Privileged);
        copied[status.Inode] = path;
    }
}
