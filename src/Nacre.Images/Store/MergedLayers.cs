using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>A name as it is seen through several layers: the tree it comes from, and its path there.</summary>
internal readonly record struct MergedEntry(DirectoryHandle Tree, string Path, FileStatus Status);

/// <summary>
/// Layer trees looked at as overlayfs joins them (kernel, filesystems/overlayfs.rst), without mounting anything. The trees are of this
/// program's making and nobody else can write in them.
/// </summary>
/// <param name="topFirst">They belong to the caller.</param>
internal sealed class MergedLayers(IReadOnlyList<DirectoryHandle> topFirst)
{
    /// <summary>What is seen at a path; the parts before the last must be directories, never links.</summary>
    public MergedEntry? Find(string path)
    {
        var trees = topFirst;
        var behind = "";
        var parts = path.Split('/');
        for (var i = 0; ; i++)
        {
            behind = i == 0 ? parts[0] : $"{behind}/{parts[i]}";
            var (found, directories) = Look(trees, behind);
            if (i == parts.Length - 1 || found is null)
                return found;
            if (found.Value.Status.Kind != FileKind.Directory)
                return null;
            trees = directories;
        }
    }

    // The top one is what is seen; when it is a directory, those below add to it until something hides them.
    private static (MergedEntry? Found, IReadOnlyList<DirectoryHandle> Directories) Look(IReadOnlyList<DirectoryHandle> trees, string path)
    {
        MergedEntry? found = null;
        var directories = new List<DirectoryHandle>();
        foreach (var tree in trees)
        {
            if (tree.FindStatus(path) is not { } status)
                continue;
            if (status.Kind != FileKind.Directory)
                return (found ?? (status.IsWhiteout ? null : new MergedEntry(tree, path, status)), directories);

            found ??= new(tree, path, status);
            directories.Add(tree);
            // The last one has nothing below that it could hide.
            if (!ReferenceEquals(tree, trees[^1]) && OverlayForm.IsOpaque(tree, path))
                break;
        }

        return (found, directories);
    }
}
