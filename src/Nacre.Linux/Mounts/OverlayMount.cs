using System.Runtime.InteropServices;
using Nacre.Linux.Files;

namespace Nacre.Linux.Mounts;

/// <summary>
/// Joins directories by overlayfs (kernel, filesystems/overlayfs.rst). They are named by descriptor: no path needs quoting, and many layers
/// stay within the one page that mount(2) takes.
/// </summary>
public static partial class OverlayMount
{
    private const string Library = "libc";

    /// <summary>Mounts on <paramref name="target"/>. Needs CAP_SYS_ADMIN.</summary>
    /// <param name="lower">Top first, at least one.</param>
    /// <param name="upper">Takes what is written.</param>
    /// <param name="work">Empty, on the file system of <paramref name="upper"/>.</param>
    /// <param name="target">Becomes the joined directory.</param>
    /// <exception cref="SystemCallException">The kernel's answer.</exception>
    public static void Mount(IReadOnlyList<DirectoryHandle> lower, DirectoryHandle upper, DirectoryHandle work, DirectoryHandle target)
    {
        // Redirects and metadata-only copies are features that follow attributes in the layers; images have no use for them.
        var options = $"lowerdir={string.Join(':', lower.Select(layer => layer.DescriptorPath))},upperdir={upper.DescriptorPath},"
            + $"workdir={work.DescriptorPath},redirect_dir=nofollow,metacopy=off,index=off";
        if (Mount("overlay", target.DescriptorPath, "overlay", 0, options) != 0)
            throw new SystemCallException("mount", Marshal.GetLastPInvokeError(), "overlay");
    }

    /// <summary>Takes away what is mounted on a directory; fails when it is in use.</summary>
    public static void Unmount(string path)
    {
        const int noFollow = 8;
        if (Unmount(path, noFollow) != 0)
            throw new SystemCallException("umount2", Marshal.GetLastPInvokeError(), path);
    }

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
