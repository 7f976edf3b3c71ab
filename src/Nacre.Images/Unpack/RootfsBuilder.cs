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
}

/// <summary>
/// One root file system, layer upon layer in a directory that nobody else sees yet. Whiteouts are carried out on the spot, so no overlay
/// is needed. All paths are resolved by the kernel below the root, without symbolic links.
/// </summary>
internal sealed class RootfsBuilder : IDisposable
{
    private readonly DirectoryHandle _root;
    private readonly UnpackOptions _options;
    private readonly bool _privileged;
    private readonly Dictionary<string, (uint Mode, long Seconds, int Nanoseconds)> _directories = [];
    private readonly List<string> _notes = [];
    private (string Path, DirectoryHandle Handle)? _parent;

    public RootfsBuilder(string rootfs, UnpackOptions options)
    {
        _options = options;
        _privileged = options.Privileged ?? ProcessIdentity.IsRoot;
        _root = DirectoryHandle.Open(rootfs);
        Budget = new(options.Limits);
    }

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

    internal static (string Parent, string Name) Split(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    /// <summary>The directory at <paramref name="path"/>, made with its parents when missing. The handle is kept until another is asked for.</summary>
    internal DirectoryHandle RequireDirectory(string path, string where, Action<string> made)
    {
        if (_parent is { } known && known.Path == path)
            return known.Handle;

        ForgetParent();
        DirectoryHandle handle;
        try
        {
            handle = _root.OpenBeneath(path);
        }
        catch (SystemCallException e) when (e.Errno == Errno.NoEntry && path.Length > 0)
        {
            handle = MakeDirectories(path, where, made);
        }
        catch (SystemCallException e) when (e.Errno is Errno.TooManyLinks or Errno.NotDirectory or Errno.CrossDevice)
        {
            throw InTheWay(path, where, e);
        }

        _parent = (path, handle);
        return handle;
    }

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

    internal static ImageException InTheWay(string path, string where, Exception e) => new(
        ImageFault.UnsafeEntry, $"an entry leads through '{FileName.Display(path)}', which is no plain directory", where,
        "the layer tries to write through a link, or is damaged; do not run this image", e);

    private DirectoryHandle MakeDirectories(string path, string where, Action<string> made)
    {
        var current = _root.OpenBeneath("");
        var done = "";
        try
        {
            foreach (var part in path.Split('/'))
            {
                done = done.Length == 0 ? part : $"{done}/{part}";
                if (current.FindStatus(part) is null)
                {
                    current.MakeDirectory(part, 0x1ed /* 0755 */);
                    made(done);
                }

                var next = current.OpenBeneath(part);
                current.Dispose();
                current = next;
            }

            return current;
        }
        catch (SystemCallException e) when (e.Errno is Errno.TooManyLinks or Errno.NotDirectory)
        {
            current.Dispose();
            throw InTheWay(done, where, e);
        }
        catch
        {
            current.Dispose();
            throw;
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
