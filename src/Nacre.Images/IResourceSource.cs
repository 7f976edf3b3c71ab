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
    ValueTask RegisterAsync(ResourceUri uri, SecretBytes key, CancellationToken cancel);
}
