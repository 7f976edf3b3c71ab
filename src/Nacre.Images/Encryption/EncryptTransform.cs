using System.Security.Cryptography;
using Nacre.Images.Copy;
using Nacre.Images.Oci;

namespace Nacre.Images.Encryption;

/// <summary>
/// Encrypts layers for all recipients, each layer under a key of its own. A layer that is encrypted already keeps its key and its bytes:
/// its key is opened and wrapped for the new recipients besides the old ones.
/// </summary>
/// <param name="recipients">At least one.</param>
/// <param name="layers">Which layers, counted from 0, or from -1 backwards; null for all.</param>
/// <param name="existing">How layers that are encrypted already are opened; without it they are refused.</param>
public sealed class EncryptTransform(
    IReadOnlyList<ILayerRecipient> recipients, IReadOnlyList<int>? layers = null, LayerDecryption? existing = null) : ILayerTransform
{
    public async ValueTask<TransformedLayer?> BeginAsync(
        Descriptor layer, int position, int count, Stream content, string where, CancellationToken cancel)
    {
        if (recipients.Count == 0)
            throw new InvalidOperationException("An image is encrypted for at least one recipient.");
        if (layers is not null && !layers.Contains(position) && !layers.Contains(position - count))
            return null;

        var type = LayerMediaType.Find(layer.MediaType)
            ?? throw new ImageException(ImageFault.Unsupported, $"a layer of type {layer.MediaType}", where, "only tar layers can be encrypted");
        if (type.Encrypted)
            return await AddRecipientsAsync(layer, content, where, cancel);

        using var options = PrivateLayerOptions.Create(layer.Digest);
        // Packets that an earlier encryption left on a layer that is plain now open nothing.
        var annotations = await WrapAsync(options, DecryptTransform.WithoutEncryption(layer.Annotations), cancel);
        var stream = new LayerEncryptStream(content, options.Key, options.Nonce);
        return new(stream, (type with { Encrypted = true }).ToString(), () =>
        {
            annotations[PublicLayerOptions.Annotation] = new PublicLayerOptions(stream.Mac.ToArray()).ToAnnotation();
            return annotations;
        });
    }

    private async ValueTask<TransformedLayer> AddRecipientsAsync(Descriptor layer, Stream content, string where, CancellationToken cancel)
    {
        if (existing is null)
        {
            throw new ImageException(ImageFault.Unsupported, "the layer is encrypted already", where,
                "give a key that opens it, so that its key can be wrapped for the new recipients too, or decrypt the image first");
        }

        using var options = await existing.UnwrapAsync(layer, where, cancel);
        var annotations = await WrapAsync(options, layer.Annotations.ToDictionary(pair => pair.Key, pair => pair.Value), cancel);
        return new(content, layer.MediaType, () => annotations);
    }

    private async ValueTask<Dictionary<string, string>> WrapAsync(
        PrivateLayerOptions options, Dictionary<string, string> annotations, CancellationToken cancel)
    {
        var json = options.ToJson();
        try
        {
            foreach (var recipient in recipients)
            {
                var packet = Convert.ToBase64String(await recipient.WrapAsync(json, cancel));
                annotations[recipient.Annotation] = annotations.TryGetValue(recipient.Annotation, out var others) ? $"{others},{packet}" : packet;
            }

            return annotations;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }
}

/// <summary>Takes the encryption away.</summary>
public sealed class DecryptTransform(LayerDecryption decryption) : ILayerTransform
{
    private const string Prefix = "org.opencontainers.image.enc.";

    public async ValueTask<TransformedLayer?> BeginAsync(
        Descriptor layer, int position, int count, Stream content, string where, CancellationToken cancel)
    {
        if (LayerMediaType.Find(layer.MediaType) is not { Encrypted: true } type)
            return null;

        var plain = await decryption.OpenAsync(layer, content, where, cancel);
        return new(plain, (type with { Encrypted = false }).ToString(), () => WithoutEncryption(layer.Annotations));
    }

    internal static Dictionary<string, string> WithoutEncryption(IReadOnlyDictionary<string, string> annotations) => annotations
        .Where(pair => !pair.Key.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(pair => pair.Key, pair => pair.Value);
}
