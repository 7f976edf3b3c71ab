using Nacre.Images.Store;
using Nacre.Linux.Files;

namespace Nacre.Images.Unpack;

/// <summary>
/// Walks a path whose directories may be symbolic links of lower layers (<c>bin</c> → <c>usr/bin</c>), as a process in the container's root
/// would: absolute targets begin at the root, and <c>..</c> does not climb above it. Each step is a single name on a descriptor, so nothing
/// outside the root is ever reached. A link that this very layer wrote is refused: no honest archive writes through its own links.
/// </summary>
internal sealed class DirectoryResolver(RootfsBuilder rootfs, string where, HashSet<string> written)
{
    // As the kernel (MAXSYMLINKS).
    private const int MostLinks = 40;

    /// <summary>The directory, made with its parents when missing, and its path without links.</summary>
    public (DirectoryHandle Handle, string Path) Require(string path) => Walk(path, make: true)!.Value;

    /// <summary>Null when a part of the path is missing.</summary>
    public DirectoryHandle? Find(string path) => Walk(path, make: false)?.Handle;

    private (DirectoryHandle Handle, string Path)? Walk(string path, bool make)
    {
        var ahead = new Stack<string>(path.Split('/').Reverse());
        var behind = new List<string>();
        var links = 0;
        var current = rootfs.Root.OpenBeneath("");
        try
        {
            while (ahead.TryPop(out var part))
            {
                if (part is "" or ".")
                    continue;
                if (part == "..")
                {
                    if (behind.Count > 0)
                        behind.RemoveAt(behind.Count - 1);
                    current = Replace(current, rootfs.Root.OpenBeneath(string.Join('/', behind)));
                    continue;
                }

                var here = RootfsBuilder.Join(string.Join('/', behind), part);
                var found = current.FindStatus(part);
                var below = found is null ? rootfs.Layer?.FindBelow(here) : null;
                switch (found?.Kind ?? below?.Status.Kind)
                {
                    case FileKind.Directory:
                        if (below is { } lower)
                            Bring(current, part, here, lower);
                        break;
                    case FileKind.CharacterDevice when make && rootfs.Layer is { } layer && found is { IsWhiteout: true }:
                        current.Remove(part, directory: false);
                        current.MakeDirectory(part, 0x1ed /* 0755 */);
                        layer.MarkOpaque(current, part);
                        written.Add(here);
                        break;
                    case null when make:
                        current.MakeDirectory(part, 0x1ed /* 0755 */);
                        written.Add(here);
                        break;
                    case null:
                        current.Dispose();
                        return null;
                    case FileKind.SymbolicLink when !written.Contains(here) && ++links <= MostLinks:
                        var target = below is { } link ? link.Tree.ReadSymbolicLink(link.Path) : current.ReadSymbolicLink(part);
                        if (target.StartsWith('/'))
                        {
                            behind.Clear();
                            current = Replace(current, rootfs.Root.OpenBeneath(""));
                        }

                        foreach (var step in target.Split('/').Reverse())
                            ahead.Push(step);
                        continue;
                    default:
                        throw InTheWay(here);
                }

                current = Replace(current, current.OpenBeneath(part));
                behind.Add(part);
                if (behind.Count > rootfs.Options.Limits.PathDepth)
                    throw UnpackBudget.TooLarge($"the path '{FileName.Display(here[..80])}…' is too deep", where);
            }

            return (current, string.Join('/', behind));
        }
        catch
        {
            current.Dispose();
            throw;
        }
    }

    private void Bring(DirectoryHandle parent, string name, string path, MergedEntry found)
    {
        rootfs.Layer!.BringDirectory(parent, name, found);
        rootfs.NoteDirectory(path, found.Status);
    }

    private static DirectoryHandle Replace(DirectoryHandle old, DirectoryHandle next)
    {
        old.Dispose();
        return next;
    }

    private ImageException InTheWay(string path) => new(
        ImageFault.UnsafeEntry, $"an entry leads through '{FileName.Display(path)}', which is no plain directory", where,
        "the layer tries to write through a link of its own, or is damaged; do not run this image");
}
