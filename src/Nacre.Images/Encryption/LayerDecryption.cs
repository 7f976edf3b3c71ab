using System.Security.Cryptography;
using Nacre.Images.Oci;

namespace Nacre.Images.Encryption;

/// <summary>Finds the private options of an encrypted layer: every packet of every recipient is tried before giving up.</summary>
public sealed class LayerDecryption(IReadOnlyList<ILayerKeyUnwrapper> unwrappers)
{
    private const int MostPackets = 64;

    public async ValueTask<PrivateLayerOptions> UnwrapAsync(Descriptor layer, string where, CancellationToken cancel)
    {
        var failures = new List<ImageException>();
        var packets = 0;
        foreach (var (annotation, value) in layer.Annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!annotation.StartsWith(LayerKeyAnnotations.Prefix, StringComparison.Ordinal))
                continue;

            foreach (var packet in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (++packets > MostPackets)
                    throw new ImageException(ImageFault.TooLarge, $"more than {MostPackets} key packets", where, "encrypt the image for fewer recipients");

                foreach (var unwrapper in unwrappers.Where(unwrapper => unwrapper.Reads(annotation)))
                {
                    try
                    {
                        var json = await unwrapper.UnwrapAsync(Base64.Decode(packet, annotation, where), where, cancel);
                        try
                        {
                            return PrivateLayerOptions.Parse(json, where);
                        }
                        finally
                        {
                            CryptographicOperations.ZeroMemory(json);
                        }
                    }
                    catch (ImageException e)
                    {
                        failures.Add(e);
                    }
                }
            }
        }

        throw failures switch
        {
            [] when packets == 0 => new ImageException(ImageFault.Malformed, "the layer is encrypted but names no recipient", where, "encrypt the image again"),
            [] => new ImageException(ImageFault.KeyUnavailable, "no recipient of the layer is of a kind that can be opened here", where,
                "encrypt the image for attestation-agent, or give the key"),
            [var only] => only,
            _ => new ImageException(ImageFault.KeyUnavailable, $"none of {packets} recipients can be opened: {string.Join("; ", failures.Select(e => e.What))}",
                where, "encrypt the image for a key that this machine gets", new AggregateException(failures)),
        };
    }

    /// <summary>The plaintext blob of an encrypted layer, checked at its end by its MAC.</summary>
    public async ValueTask<Stream> OpenAsync(Descriptor layer, Stream ciphertext, string where, CancellationToken cancel)
    {
        using var options = await UnwrapAsync(layer, where, cancel);
        return Open(layer, ciphertext, options, where);
    }

    /// <summary>
    /// The same, with a key that was unwrapped before and that stays the caller's. The digest in the private options is not compared: skopeo
    /// and buildah compress on the way and note the digest of what they began with (guest.md 5.2: no other reader checks it).
    /// </summary>
    internal static Stream Open(Descriptor layer, Stream ciphertext, PrivateLayerOptions options, string where)
    {
        if (!layer.Annotations.TryGetValue(PublicLayerOptions.Annotation, out var annotation))
            throw OciJson.Malformed($"an encrypted layer has no annotation {PublicLayerOptions.Annotation}", where);

        var publicOptions = PublicLayerOptions.Parse(annotation, where);
        return new LayerDecryptStream(ciphertext, options.Key, options.Nonce, publicOptions.Mac, where);
    }
}
