using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.Images;

/// <summary>Where an image pull gets keys and policies from: in a guest, the key broker behind an attestation.</summary>
public interface IResourceSource
{
    ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel);
}

/// <summary>Where a new key-encryption key is put before anything is encrypted under it, so that no key is ever lost.</summary>
public interface IKeyRegistry
{
    /// <param name="uri">The key's name.</param>
    /// <param name="key">32 bytes.</param>
    /// <param name="isNew">Nobody else has this key: a name that is taken must be refused, or the key that is there would be lost.</param>
    /// <param name="cancel">Ends the attempt.</param>
    ValueTask RegisterAsync(ResourceUri uri, SecretBytes key, bool isNew, CancellationToken cancel);
}
