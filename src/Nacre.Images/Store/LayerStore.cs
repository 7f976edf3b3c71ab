using System.Security.Cryptography;
using Nacre.Images.References;
using Nacre.Linux;
using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>
/// A directory with unpacked layers, each kept under a name that says what must fit to use it again (<see cref="LayerNames"/>), with parts of
/// blobs whose transfer was broken off, and with notes which bundle uses what. What the store trusts: whoever owns the directory and the file
/// system it is on. A layer that is half there or was changed by accident is noticed and not used (docs/adr/0012).
/// </summary>
/// <remarks>
/// Any number of processes share a store at once; a layer appears by one rename when all of it was verified. Collecting garbage has the
/// store for itself. The locks are the kernel's and end with their process.
/// </remarks>
public sealed class LayerStore : IDisposable
{
    private const string Version = "nacre layer store 1\n";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode RootMode = OwnerOnly
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _lock;
    private readonly TimeProvider _clock;

    private LayerStore(string directory, FileStream held, TimeProvider clock) => (Place, _lock, _clock) = (directory, held, clock);

    /// <summary>The directory of the store.</summary>
    public string Place { get; }

    internal string Layers => Path.Combine(Place, "layers");

    internal string Staging => Path.Combine(Place, "staging");

    internal string Parts => Path.Combine(Place, "parts");

    internal string Uses => Path.Combine(Place, "uses");

    /// <summary>Opens a store, or makes one in a directory that is missing or empty.</summary>
    /// <param name="directory">Of this user, and writable by nobody else.</param>
    /// <param name="alone">No other process may have the store open meanwhile.</param>
    /// <param name="patience">How long to wait for others.</param>
    /// <param name="clock">Measures the wait, and dates the last use of layers.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ImageException">It is no store, or not safe, or others do not let go of it.</exception>
    public static async ValueTask<LayerStore> OpenAsync(
        string directory, bool alone, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        try
        {
            Prepare(place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageFault.Local, $"the store cannot be used: {e.Message}", place, "name a directory that you may write", e);
        }

        return new(place, await LockAsync(place, alone, patience, clock, cancel), clock);
    }

    /// <summary>The layer of this name, if there is one that can be believed.</summary>
    internal StoredLayer? Find(string name)
    {
        var directory = Path.Combine(Layers, name);
        var entry = Path.Combine(directory, "entry.json");
        if (!File.Exists(entry))
            return null;

        try
        {
            var layer = StoredLayer.Parse(File.ReadAllBytes(entry), entry);
            using var tree = OpenTree(name);
            if (layer.Name == name && TreeDigest.Of(tree) == layer.Tree)
            {
                // When it was last of use, for those who collect.
                File.SetLastWriteTimeUtc(entry, _clock.GetUtcNow().UtcDateTime);
                return layer;
            }
        }
        catch (Exception e) when (e is IOException or ImageException { Fault: ImageFault.Malformed })
        {
            // As below: what cannot be read is not believed.
        }

        // Somebody may be reading it, so it is put aside and not removed.
        SetAside(directory);
        return null;
    }

    /// <summary>The tree of a layer that was found; the caller disposes it.</summary>
    internal DirectoryHandle OpenTree(string name) => DirectoryHandle.Open(Path.Combine(Layers, name, "tree"));

    /// <summary>A directory with an empty <c>tree</c>, which nobody else looks at.</summary>
    internal string CreateStaging()
    {
        var staging = Path.Combine(Staging, RandomName());
        Directory.CreateDirectory(staging, OwnerOnly);
        Directory.CreateDirectory(Path.Combine(staging, "tree"), RootMode);
        return staging;
    }

    /// <summary>Makes a layer to be found that is whole and verified. When another process was faster, its layer is the one that stays.</summary>
    internal StoredLayer Publish(string staging, StoredLayer layer)
    {
        File.WriteAllBytes(Path.Combine(staging, "entry.json"), layer.ToJson());
        // The name must not outlive the content when the machine stops.
        using (var handle = DirectoryHandle.Open(staging))
            handle.SyncFileSystem();
        try
        {
            Directory.Move(staging, Path.Combine(Layers, layer.Name));
            return layer;
        }
        catch (IOException) when (Find(layer.Name) is not null)
        {
            Discard(staging);
            return layer;
        }
    }

    internal void Discard(string staging)
    {
        using var parent = DirectoryHandle.Open(Staging);
        parent.RemoveTree(FileName.FromText(Path.GetFileName(staging)));
    }

    internal string PartPath(Digest blob) => Path.Combine(Parts, $"{blob.Algorithm}-{blob.Hex}");

    internal static string RandomName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    public void Dispose() => _lock.Dispose();

    private void SetAside(string directory)
    {
        try
        {
            Directory.Move(directory, Path.Combine(Staging, RandomName()));
        }
        catch (DirectoryNotFoundException)
        {
            // Another process was faster.
        }
    }

    private static void Prepare(string place)
    {
        var version = Path.Combine(place, "version");
        if (!Directory.Exists(place))
            Directory.CreateDirectory(place, OwnerOnly);
        RequireSafe(place);
        if (!File.Exists(version) && Directory.EnumerateFileSystemEntries(place).Any(entry => Path.GetFileName(entry) is not ("lock" or "version")))
            throw new IOException("the directory is not empty and no store");

        // The version first: another process that makes the same store now must not take it for something else. It may still be empty.
        if (!File.Exists(version))
            File.WriteAllText(version, Version);
        else if (File.ReadAllText(version) is { Length: > 0 } found && found != Version)
            throw new IOException($"the store is of another version: '{found.Trim()}'");
        foreach (var room in (ReadOnlySpan<string>)["layers", "staging", "parts", "uses"])
            Directory.CreateDirectory(Path.Combine(place, room), OwnerOnly);
    }

    private static void RequireSafe(string place)
    {
        using var handle = DirectoryHandle.Open(place);
        var status = handle.FindStatus(".") ?? throw new DirectoryNotFoundException();
        if (status.User != ProcessIdentity.User)
            throw new IOException($"it belongs to user {status.User}, and this is user {ProcessIdentity.User}");
        if (((UnixFileMode)status.Mode & OthersWrite) != UnixFileMode.None)
            throw new IOException("others may write in it; chmod go-w");
    }

    private static async ValueTask<FileStream> LockAsync(
        string place, bool alone, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new(Path.Combine(place, "lock"), FileMode.OpenOrCreate, FileAccess.Read, alone ? FileShare.None : FileShare.Read);
            }
            catch (IOException e)
            {
                if (clock.GetElapsedTime(start) >= patience)
                {
                    throw new ImageException(ImageFault.Local, alone ? "pulls are using the store" : "garbage is being collected in the store", place,
                        "try again when they have ended", e);
                }
            }

            await Task.Delay(s_retry, clock, cancel);
        }
    }
}
