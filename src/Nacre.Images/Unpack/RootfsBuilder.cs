using Nacre.Images.Store;
using Nacre.Linux;
using Nacre.Linux.Files;

namespace Nacre.Images.Unpack;

/// <summary>What an unpack may do with the machine.</summary>
public sealed record UnpackOptions
{
    public UnpackLimits Limits { get; init; } = new();

    /// <summary>Set owners, devices and attributes that only root may set. Null: as root yes, else no.</summary>
    public bool? Privileged { get; init; }

    /// <summary>Make device nodes; without it they are skipped and noted. Needs root.</summary>
    public bool AllowDevices { get; init; }

    internal bool IsPrivileged => Privileged ?? ProcessIdentity.IsRoot;
}

/// <summary>
/// One root file system, layer upon layer in a directory that nobody else sees yet. Whiteouts are carried out on the spot, so no overlay
/// is needed; only a single layer for a store keeps them, in overlayfs' form (<see cref="LayerTree"/>). Paths are resolved by the kernel below
/// the root, without symbolic links; those of lower layers are followed by <see cref="DirectoryResolver"/>.
/// </summary>
internal sealed class RootfsBuilder : IDisposable
{
    private readonly DirectoryHandle _root;
    private readonly UnpackOptions _options;
    private readonly bool _privileged;
    private readonly Dictionary<string, (uint Mode, long Seconds, int Nanoseconds)> _directories = [];
    private readonly List<string> _notes = [];
    private (string Asked, string Path, DirectoryHandle Handle)? _parent;

    public RootfsBuilder(string rootfs, UnpackOptions options)
        : this(rootfs, options, new(options.Limits), below: null)
    {
    }

    /// <param name="rootfs">An empty directory.</param>
    /// <param name="options">What may be done.</param>
    /// <param name="budget">Of the whole image.</param>
    /// <param name="below">To write one layer by itself: trees of the layers below it, top first.</param>
    public RootfsBuilder(string rootfs, UnpackOptions options, UnpackBudget budget, IReadOnlyList<DirectoryHandle>? below)
    {
        _options = options;
        _privileged = options.IsPrivileged;
        _root = DirectoryHandle.Open(rootfs);
        Budget = budget;
        Layer = below is null ? null : new(_root, below, _privileged);
    }

    /// <summary>Set when one layer is written by itself.</summary>
    public LayerTree? Layer { get; }

    /// <summary>A layer has said what the root directory is.</summary>
    public bool HasRoot => _directories.ContainsKey("");

    public UnpackBudget Budget { get; }

    /// <summary>What was left out, for the user to read.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Applies one layer. When this returns, its MAC, digest and diff_id were right.</summary>
    public async ValueTask ApplyAsync(LayerFeed layer, CancellationToken cancel)
    {
        try
        {
            await ApplyAsync(layer, layer.Where, cancel);
            await layer.FinishAsync(cancel);
        }
        catch (EndOfStreamException e)
        {
            await layer.AbandonAsync(cancel);
            throw new ImageException(ImageFault.Malformed, $"the layer cannot be read: {e.Message}", layer.Where, "build the image again", e);
        }
        catch (ImageException e) when (e.Fault is ImageFault.Malformed or ImageFault.UnsafeEntry or ImageFault.Unsupported)
        {
            // A changed layer mostly fails as nonsense first. Its digest or MAC is the better reason, if it is wrong.
            await layer.AbandonAsync(cancel);
            throw;
        }
    }

    /// <summary>Applies one archive, of which nothing is checked but its form.</summary>
    public async ValueTask ApplyAsync(Stream archive, string where, CancellationToken cancel)
    {
        var layer = new LayerWriter(this, where);
        var tar = new TarReader(archive, Budget, where);
        while (await tar.NextAsync(cancel) is { } entry)
            await layer.WriteAsync(entry, tar, cancel);
    }

    /// <summary>Gives directories their modes and times, which writing into them would have changed or forbidden.</summary>
    public void Complete()
    {
        ForgetParent();
        foreach (var (path, (mode, seconds, nanoseconds)) in _directories.OrderByDescending(pair => pair.Key, StringComparer.Ordinal))
        {
            if (path.Length == 0)
            {
                using var self = _root.OpenBeneath("");
                SetDirectory(self, ".", mode, seconds, nanoseconds);
                continue;
            }

            var (parent, name) = Split(path);
            using var handle = _root.OpenBeneath(parent);
            SetDirectory(handle, name, mode, seconds, nanoseconds);
        }
    }

    public void Dispose()
    {
        ForgetParent();
        _root.Dispose();
    }

    internal bool Privileged => _privileged;

    internal UnpackOptions Options => _options;

    internal DirectoryHandle Root => _root;

    internal void Note(string text)
    {
        const int most = 100;
        if (_notes.Count < most)
            _notes.Add(text);
    }

    internal void NoteDirectory(string path, TarEntry entry) =>
        _directories[path] = (entry.Mode, entry.ModifiedSeconds, entry.ModifiedNanoseconds);

    internal void NoteDirectory(string path, in FileStatus status) =>
        _directories[path] = (status.Mode, status.ModifiedSeconds, status.ModifiedNanoseconds);

    internal static (string Parent, string Name) Split(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    internal static string Join(string parent, string name) => parent.Length == 0 ? name : $"{parent}/{name}";

    /// <summary>
    /// The directory at <paramref name="path"/>, made with its parents when missing, and its path without symbolic links. The handle is kept
    /// until another is asked for. <paramref name="written"/> is what the layer itself wrote, and gets what is made.
    /// </summary>
    internal (DirectoryHandle Handle, string Path) RequireDirectory(string path, string where, HashSet<string> written)
    {
        if (_parent is { } known && known.Asked == path)
            return (known.Handle, known.Path);

        ForgetParent();
        var (handle, real) = TryOpen(path) is { } direct
            ? (direct, path)
            : new DirectoryResolver(this, where, written).Require(path);
        _parent = (path, real, handle);
        return (handle, real);
    }

    /// <summary>The directory at <paramref name="path"/>, or null when there is none; the caller disposes it.</summary>
    internal DirectoryHandle? FindDirectory(string path, string where, HashSet<string> written) =>
        TryOpen(path) ?? new DirectoryResolver(this, where, written).Find(path);

    internal void RemoveTree(DirectoryHandle directory, string path, string name)
    {
        // The directory kept open may be below what goes.
        var keepsParent = _parent is { } known && ReferenceEquals(known.Handle, directory);
        if (!keepsParent)
            ForgetParent();
        directory.RemoveTree(name);
        foreach (var gone in _directories.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            _directories.Remove(gone);
    }

    // Null when a part is missing or something other than a directory, such as a symbolic link.
    private DirectoryHandle? TryOpen(string path)
    {
        try
        {
            return _root.OpenBeneath(path);
        }
        catch (SystemCallException e) when (e.Errno is Errno.NoEntry or Errno.TooManyLinks or Errno.NotDirectory)
        {
            return null;
        }
    }

    private static void SetDirectory(DirectoryHandle parent, string name, uint mode, long seconds, int nanoseconds)
    {
        parent.ChangeMode(name, mode);
        parent.SetModified(name, seconds, nanoseconds);
    }

    private void ForgetParent()
    {
        _parent?.Handle.Dispose();
        _parent = null;
    }
}
