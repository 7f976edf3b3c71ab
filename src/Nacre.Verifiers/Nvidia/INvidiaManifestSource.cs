using System.Buffers;
using Nacre.Verifiers.Collateral;

namespace Nacre.Verifiers.Nvidia;

/// <summary>Gives NVIDIA's reference integrity manifests. What it gives is checked, so it need not be trusted.</summary>
public interface INvidiaManifestSource
{
    /// <summary>
    /// The XML of a manifest by its id, such as <c>NV_GPU_DRIVER_GH100_550.144.03</c>; null when there is none of that
    /// name.
    /// </summary>
    /// <exception cref="CollateralUnavailableException">The source could not be asked.</exception>
    ValueTask<byte[]?> FindAsync(string id, CancellationToken cancel);
}

/// <summary>Reads <c>ID.xml</c> in one folder.</summary>
public sealed class NvidiaFileManifests(string folder) : INvidiaManifestSource
{
    // The id is made of what a device reports.
    private static readonly SearchValues<char> s_id =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");

    public async ValueTask<byte[]?> FindAsync(string id, CancellationToken cancel)
    {
        if (id is null or "" || id.AsSpan().ContainsAnyExcept(s_id))
            return null;

        var path = Path.Combine(folder, id + ".xml");
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancel) : null;
    }
}
