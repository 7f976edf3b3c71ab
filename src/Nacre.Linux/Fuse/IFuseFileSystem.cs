namespace Nacre.Linux.Fuse;

/// <summary>
/// A file system that is only read; an operation for each question of the kernel. The root is node 1. Calls come at the same time. What
/// they throw becomes EIO for whoever asked.
/// </summary>
public interface IFuseFileSystem
{
    /// <summary>Null when there is no such name. Names are one byte a character.</summary>
    ValueTask<FuseNode?> LookupAsync(ulong directory, string name, CancellationToken cancel);

    ValueTask<FuseNode> GetAsync(ulong node, CancellationToken cancel);

    /// <summary>Names from <paramref name="cookie"/> on, 0 for the first; none at the end. Not all need to come at once.</summary>
    ValueTask<IReadOnlyList<FuseName>> ListAsync(ulong directory, ulong cookie, CancellationToken cancel);

    /// <summary>Less than the buffer only at the end of the file.</summary>
    ValueTask<int> ReadAsync(ulong node, long offset, Memory<byte> buffer, CancellationToken cancel);

    ValueTask<byte[]> ReadLinkAsync(ulong node, CancellationToken cancel);

    ValueTask<IReadOnlyDictionary<string, byte[]>> AttributesAsync(ulong node, CancellationToken cancel);
}

/// <summary>A file as stat(2) shows it; <paramref name="Mode"/> with the kind.</summary>
public sealed record FuseNode(
    ulong Node, uint Mode, uint Links, uint User, uint Group, long Size, uint Device, long ModifiedSeconds, uint ModifiedNanoseconds);

/// <summary>A name in a directory. <paramref name="Next"/> is the cookie to go on with behind it, never 0.</summary>
public readonly record struct FuseName(string Name, ulong Node, uint Mode, ulong Next);
