using Nacre.Evidence.Protocol;

namespace Nacre.Images.Policy;

/// <summary>Reads what a policy or a configuration names: keys, certificates and documents, in files or at the key broker.</summary>
public sealed class PolicyFiles(IResourceSource? resources)
{
    private const int Largest = 1 << 20;

    /// <summary>Each item with the place it is from.</summary>
    internal async Task<IReadOnlyList<(byte[] Content, string Where)>> ReadAsync(KeyMaterial material, CancellationToken cancel)
    {
        var all = new List<(byte[], string)>();
        foreach (var text in material.Texts)
            all.Add((text, "key data in the policy"));
        foreach (var path in material.Paths)
            all.Add((await ReadAsync(path, cancel), path));
        return all;
    }

    /// <param name="path">A path, <c>file://…</c> or <c>kbs:///…</c>.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="ImageException">It cannot be read, or is larger than a MiB.</exception>
    public async Task<byte[]> ReadAsync(string path, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (path.StartsWith("kbs://", StringComparison.Ordinal))
            {
                if (resources is null)
                    throw new ImageException(ImageFault.KeyUnavailable, "no key broker is configured", path, "give the address of one, or a key file");
                using var secret = await resources.GetAsync(ResourceUri.Parse(path), cancel);
                return secret.Reveal().ToArray();
            }

            var file = path.StartsWith("file://", StringComparison.Ordinal) ? path["file://".Length..] : path;
            if (new FileInfo(file) is { Exists: true, Length: > Largest } large)
                throw new ImageException(ImageFault.PolicyInvalid, $"a file of {large.Length} bytes", path, $"give one of at most {Largest} bytes");
            return await File.ReadAllBytesAsync(file, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException and not ImageException)
        {
            // Files and key brokers fail in many ways; without the key there is no decision but no.
            throw new ImageException(ImageFault.KeyUnavailable, $"what the policy or configuration names cannot be had: {e.Message}", path,
                "check the path, and that it may be read", e);
        }
    }
}
