using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>One thing in a store, and why it stays or goes.</summary>
/// <param name="Kind"><c>layer</c>, <c>part</c> (of a blob whose transfer broke), <c>leftover</c> or <c>use</c>.</param>
/// <param name="Name">In the store.</param>
/// <param name="Reason">For people.</param>
/// <param name="Bytes">Of its files.</param>
/// <param name="Removed">It is gone.</param>
public sealed record StoreItem(string Kind, string Name, string Reason, long Bytes, bool Removed);

/// <summary>Removes from a store what no bundle uses. The store must be open alone, so nobody is in the middle of anything.</summary>
public static class StoreGarbage
{
    /// <param name="store">Opened alone.</param>
    /// <param name="keepFor">What was used or written later than this before now stays.</param>
    /// <param name="clock">Says when now is.</param>
    /// <returns>All layers and parts, with what became of them.</returns>
    public static IReadOnlyList<StoreItem> Collect(LayerStore store, TimeSpan keepFor, TimeProvider clock)
    {
        var since = clock.GetUtcNow().UtcDateTime - keepFor;
        var items = new List<StoreItem>();
        var users = new Dictionary<string, string>();
        foreach (var note in Directory.EnumerateFiles(store.Uses))
        {
            if (BundleUse.Find(note) is { } use)
            {
                foreach (var layer in use.Layers)
                    users[layer] = use.Bundle;
                continue;
            }

            items.Add(new("use", Path.GetFileName(note), "its bundle is gone", 0, Removed: true));
            File.Delete(note);
        }

        items.AddRange(Sweep(store.Staging, "leftover", _ => null));
        items.AddRange(Sweep(store.Layers, "layer", path => users.TryGetValue(Path.GetFileName(path), out var bundle)
            ? $"used by {bundle}"
            : Recent(Path.Combine(path, "entry.json"), since)));
        items.AddRange(Sweep(store.Parts, "part", path => Recent(path, since)));
        return items;
    }

    private static string? Recent(string path, DateTime since) =>
        File.Exists(path) && File.GetLastWriteTimeUtc(path) is var used && used > since ? $"last used {used:yyyy-MM-dd HH:mm:ss}Z" : null;

    private static List<StoreItem> Sweep(string directory, string kind, Func<string, string?> reasonToStay)
    {
        using var handle = DirectoryHandle.Open(directory);
        var items = new List<StoreItem>();
        foreach (var name in handle.Names().Order(StringComparer.Ordinal))
        {
            var bytes = SizeOf(handle, name);
            var reason = reasonToStay(Path.Combine(directory, name));
            if (reason is null)
                handle.RemoveTree(name);
            items.Add(new(kind, name, reason ?? "no bundle uses it", bytes, Removed: reason is null));
        }

        return items;
    }

    // Hard links count once each; layers have few of them.
    private static long SizeOf(DirectoryHandle parent, string name)
    {
        if (parent.FindStatus(name) is not { } status)
            return 0;
        if (status.Kind != FileKind.Directory)
            return status.Size;

        using var directory = parent.OpenBeneath(name);
        return directory.Names().Sum(child => SizeOf(directory, child));
    }
}
