using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Images.Encryption;

/// <summary>Wraps under one key whose place at the key broker is known.</summary>
public sealed class KbsRecipient(ResourceUri keyId, SecretBytes key) : ILayerRecipient
{
    public string Annotation => LayerKeyAnnotations.AttestationAgent;

    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> privateOptions, CancellationToken cancel) =>
        new(AnnotationPacket.Wrap(keyId, key.Reveal(), privateOptions.Span).ToJson());
}

/// <summary>
/// Opens packets with keys from the key broker. A key is asked for once for all layers of a pull, and forgotten with this object.
/// </summary>
public sealed class KbsKeyUnwrapper(IResourceSource resources) : ILayerKeyUnwrapper, IDisposable
{
    private readonly Dictionary<ResourceUri, SecretBytes> _keys = [];
    private readonly SemaphoreSlim _gate = new(1);

    // Every provider's packets: the name of the provider says who wrapped, not where the key is.
    public bool Reads(string annotation) => annotation.StartsWith(LayerKeyAnnotations.ProviderPrefix, StringComparison.Ordinal);

    public async ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> packet, string where, CancellationToken cancel)
    {
        var parsed = AnnotationPacket.Parse(packet.Span, where);
        var key = await KeyAsync(parsed.KeyId, where, cancel);
        return parsed.Unwrap(key.Reveal(), where);
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
            key.Dispose();
        _gate.Dispose();
    }

    private async ValueTask<SecretBytes> KeyAsync(ResourceUri uri, string where, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (!_keys.TryGetValue(uri, out var key))
                _keys[uri] = key = await resources.GetAsync(uri, cancel);
            return key;
        }
        catch (Exception e) when (e is not OperationCanceledException and not ImageException)
        {
            // What the source of keys throws is its own; here it means that there is no key.
            throw new ImageException(ImageFault.KeyUnavailable, $"the key {uri} was not released: {e.Message}", where,
                "see the reason given; the key broker's log has the same", e);
        }
        finally
        {
            _gate.Release();
        }
    }
}

/// <summary>One key from a file, in place of a key broker.</summary>
public sealed class SingleKeySource(ResourceUri? keyId, byte[] key) : IResourceSource
{
    public ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel) =>
        keyId is null || uri == keyId ? new(SecretBytes.Copy(key)) : throw new ImageException(
            ImageFault.KeyUnavailable, $"the layer wants the key {uri}, the file is given for {keyId}", "key file", "give the right --key-id");
}
