using Nacre.Evidence.Protocol;

namespace Nacre.Images.Policy;

/// <summary>Reads what a policy names: keys and certificates in files or at the key broker.</summary>
internal sealed class PolicyFiles(IResourceSource? resources)
{
    private const int Largest = 1 << 20;

    /// <summary>Each item with the place it is from.</summary>
    public async Task<IReadOnlyList<(byte[] Content, string Where)>> ReadAsync(KeyMaterial material, CancellationToken cancel)
    {
        var all = new List<(byte[], string)>();
        foreach (var text in material.Texts)
            all.Add((text, "key data in the policy"));
        foreach (var path in material.Paths)
            all.Add((await ReadAsync(path, cancel), path));
        return all;
    }

    private async Task<byte[]> ReadAsync(string path, CancellationToken cancel)
    {
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
                throw new ImageException(ImageFault.PolicyInvalid, $"a key file of {large.Length} bytes", path, $"give one of at most {Largest} bytes");
            return await File.ReadAllBytesAsync(file, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException and not ImageException)
        {
            // Files and key brokers fail in many ways; without the key there is no decision but no.
            throw new ImageException(ImageFault.KeyUnavailable, $"the key that the policy names cannot be had: {e.Message}", path,
                "check the path, and that it may be read", e);
        }
    }
}
