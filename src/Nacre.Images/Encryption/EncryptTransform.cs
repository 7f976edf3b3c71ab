using System.Security.Cryptography;
using Nacre.Images.Copy;
using Nacre.Images.Oci;

namespace Nacre.Images.Encryption;

/// <summary>
/// Encrypts layers for all recipients, each layer under a key of its own. A layer that is encrypted already is refused.
/// </summary>
/// <param name="recipients">At least one.</param>
/// <param name="layers">Which layers, counted from 0; null for all.</param>
public sealed class EncryptTransform(IReadOnlyList<ILayerRecipient> recipients, Func<int, bool>? layers = null) : ILayerTransform
{
    private int _position = -1;

    public async ValueTask<TransformedLayer?> BeginAsync(Descriptor layer, Stream content, string where, CancellationToken cancel)
    {
        if (recipients.Count == 0)
            throw new InvalidOperationException("An image is encrypted for at least one recipient.");

        _position++;
        if (layers is not null && !layers(_position))
            return null;

        var type = LayerMediaType.Find(layer.MediaType)
            ?? throw new ImageException(ImageFault.Unsupported, $"a layer of type {layer.MediaType}", where, "only tar layers can be encrypted");
        if (type.Encrypted)
        {
            throw new ImageException(ImageFault.Unsupported, "the layer is encrypted already", where,
                "decrypt the image first, then encrypt it for all recipients");
        }

        using var options = PrivateLayerOptions.Create(layer.Digest);
        var json = options.ToJson();
        try
        {
            var annotations = new Dictionary<string, string>(layer.Annotations);
            foreach (var recipient in recipients)
            {
                var packet = Convert.ToBase64String(await recipient.WrapAsync(json, cancel));
                annotations[recipient.Annotation] = annotations.TryGetValue(recipient.Annotation, out var others) ? $"{others},{packet}" : packet;
            }

            var stream = new LayerEncryptStream(content, options.Key, options.Nonce);
            return new(stream, (type with { Encrypted = true }).ToString(), () =>
            {
                annotations[PublicLayerOptions.Annotation] = new PublicLayerOptions(stream.Mac.ToArray()).ToAnnotation();
                return annotations;
            });
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

    public async ValueTask<TransformedLayer?> BeginAsync(Descriptor layer, Stream content, string where, CancellationToken cancel)
    {
        if (LayerMediaType.Find(layer.MediaType) is not { Encrypted: true } type)
            return null;

        var plain = await decryption.OpenAsync(layer, content, where, cancel);
        return new(plain, (type with { Encrypted = false }).ToString(), () => layer.Annotations
            .Where(pair => !pair.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value));
    }
}
