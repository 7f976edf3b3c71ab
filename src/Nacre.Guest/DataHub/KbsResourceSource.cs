using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;

namespace Nacre.Guest.DataHub;

/// <summary>Keys and policies for an image pull, from the key broker that this machine attests to. The client is the caller's.</summary>
public sealed class KbsResourceSource(KbsClient client) : IResourceSource
{
    public async ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel) => await client.GetResourceAsync(uri, cancel);
}
