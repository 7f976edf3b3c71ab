using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;

namespace Nacre.Guest.KeyProvider;

/// <summary>Keeps image keys at the key broker, as its administrator. The client is the caller's.</summary>
public sealed class KbsKeyRegistry(KbsAdminClient admin) : IKeyRegistry
{
    public async ValueTask RegisterAsync(ResourceUri uri, SecretBytes key, bool isNew, CancellationToken cancel)
    {
        if (isNew && await IsTakenAsync(uri, cancel))
        {
            throw new ImageException(ImageFault.Denied, $"there is a key at {uri} already", "key broker",
                "give that key with keypath=FILE, or choose another keyid; putting a new one there would make older images unreadable");
        }

        await admin.PutResourceAsync(uri, key, cancel);
    }

    private async ValueTask<bool> IsTakenAsync(ResourceUri uri, CancellationToken cancel)
    {
        try
        {
            var listed = await admin.ListResourcesAsync(cancel);
            return listed["resources"] is JsonArray resources && resources.Any(item => (string?)item?["path"] == uri.Path);
        }
        catch (KbsException e) when (e.Failure == KbsFailure.NotFound)
        {
            // Upstream's key broker cannot list, and overwrites; there the name is the user's own care.
            return false;
        }
    }
}
