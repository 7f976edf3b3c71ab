using Microsoft.Win32.SafeHandles;
using Nacre.Images.Store;
using Nacre.Linux;
using Nacre.Linux.Files;
using Nacre.Linux.Mounts;

namespace Nacre.Images.Bundle;

/// <summary>
/// A bundle whose <c>rootfs</c> is mounted by overlayfs from the layers of a store: <c>config.json</c>, <c>layers.json</c>, <c>rootfs</c>,
/// <c>upper</c> with what the container writes, <c>work</c>. The layers are only read, and shared by all bundles. Needs root.
/// </summary>
public static class OverlayBundle
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Mounts <c>rootfs</c>, after a look at every layer.</summary>
    /// <exception cref="ImageException">A layer has gone or was changed, or the kernel refuses.</exception>
    public static async Task MountAsync(string directory, TimeProvider clock, CancellationToken cancel)
    {
        var bundle = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var use = BundleUse.Read(bundle);
        if (IsMounted(bundle))
            throw new ImageException(ImageFault.Local, "rootfs is mounted already", bundle, "nothing is to be done");

        using var store = await LayerStore.OpenAsync(use.Store, alone: false, s_patience, clock, cancel);
        foreach (var name in use.TopFirst)
        {
            if (store.Find(name) is null)
            {
                throw new ImageException(
                    ImageFault.Local, $"the layer {name} has gone from {store.Place} or was changed", bundle, "pull the image again");
            }
        }

        // The bundle may have been moved since.
        use.Note(store, bundle);
        var handles = new List<DirectoryHandle>();
        try
        {
            DirectoryHandle[] trees = [.. use.TopFirst.Select(name => Keep(store.OpenTree(name)))];
            var (upper, work, rootfs) = (Keep(Open("upper")), Keep(Open("work")), Keep(Open("rootfs")));
            OverlayMount.Mount(trees, upper, work, rootfs);
        }
        catch (SystemCallException e)
        {
            throw new ImageException(ImageFault.Local, $"rootfs cannot be mounted: {e.Message}", bundle,
                e.Errno == Errno.NotPermitted
                    ? "mounting needs root"
                    : "the bundle must be on a file system that takes extended attributes, not on an overlay",
                e);
        }
        finally
        {
            foreach (var handle in handles)
                handle.Dispose();
        }

        DirectoryHandle Open(string name) => DirectoryHandle.Open(Path.Combine(bundle, name));

        DirectoryHandle Keep(DirectoryHandle handle)
        {
            handles.Add(handle);
            return handle;
        }
    }

    /// <exception cref="ImageException">It is not mounted, or in use.</exception>
    public static void Unmount(string directory)
    {
        var bundle = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        BundleUse.Read(bundle);
        if (!IsMounted(bundle))
            throw new ImageException(ImageFault.Local, "rootfs is not mounted", bundle, "nothing is to be done");

        try
        {
            OverlayMount.Unmount(Path.Combine(bundle, "rootfs"));
        }
        catch (SystemCallException e)
        {
            throw new ImageException(ImageFault.Local, $"rootfs cannot be unmounted: {e.Message}", bundle,
                e.Errno == Errno.Busy ? "end the container and what else uses it" : "unmounting needs root", e);
        }
    }

    /// <summary>Writes all of the bundle but <c>config.json</c>.</summary>
    /// <param name="staging">Where it is made; it has an empty <c>rootfs</c>.</param>
    /// <param name="bundle">Where it will be.</param>
    /// <param name="store">Has the layers.</param>
    /// <param name="layers">Bottom first.</param>
    internal static void Write(string staging, string bundle, LayerStore store, IReadOnlyList<StoredLayer> layers)
    {
        var visible = Visible(layers);
        if (visible.Count == 0)
            throw new ImageException(ImageFault.Unsupported, "an image without layers", bundle, "use --bundle-kind directory");

        Directory.CreateDirectory(Path.Combine(staging, "upper"));
        Directory.CreateDirectory(Path.Combine(staging, "work"));
        // The root directory is the upper one, whatever the layers have.
        if (visible.FirstOrDefault(layer => layer.HasRoot) is { } top)
        {
            using var tree = store.OpenTree(top.Name);
            using var parent = DirectoryHandle.Open(staging);
            TreeCopy.CopyMetadata(tree, ".", tree.FindStatus(".")!.Value, parent, "upper", ProcessIdentity.IsRoot);
        }

        var use = new BundleUse(LayerStore.RandomName(), store.Place, [.. visible.Select(layer => layer.Name)]);
        use.Write(staging);
        use.Note(store, bundle);
    }

    /// <summary>Opens files of the image without mounting it.</summary>
    internal static Func<string, SafeFileHandle?> FilesOf(LayerStore store, IReadOnlyList<StoredLayer> layers) => path =>
    {
        DirectoryHandle[] trees = [.. Visible(layers).Select(layer => store.OpenTree(layer.Name))];
        try
        {
            return new MergedLayers(trees).Find(path) is { Status.Kind: FileKind.Regular } found
                ? found.Tree.OpenFileBeneath(found.Path)
                : null;
        }
        finally
        {
            foreach (var tree in trees)
                tree.Dispose();
        }
    };

    // Top first.
    private static IReadOnlyList<StoredLayer> Visible(IReadOnlyList<StoredLayer> bottomFirst)
    {
        var last = bottomFirst.Index().LastOrDefault(pair => pair.Item.HidesAll).Index;
        return [.. bottomFirst.Skip(last).Reverse()];
    }

    private static bool IsMounted(string bundle)
    {
        using var handle = DirectoryHandle.Open(bundle);
        return handle.FindStatus("rootfs") is { } status && status.Device != handle.FindStatus(".")!.Value.Device;
    }
}
