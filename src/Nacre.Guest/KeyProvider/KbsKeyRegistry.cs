using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;

namespace Nacre.Guest.KeyProvider;

/// <summary>Keeps image keys at the key broker, as its administrator. The client is the caller's.</summary>
public sealed class KbsKeyRegistry(KbsAdminClient admin) : IKeyRegistry
{
    public async ValueTask RegisterAsync(ResourceUri uri, SecretBytes key, CancellationToken cancel) =>
        await admin.PutResourceAsync(uri, key, cancel);
}
