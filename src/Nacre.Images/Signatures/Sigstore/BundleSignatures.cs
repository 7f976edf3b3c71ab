using Nacre.Formats;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Transports;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>Signatures as Sigstore bundles that refer to the image (OCI distribution-spec 1.1, "Listing Referrers"), where newer cosign puts them.</summary>
internal static class BundleSignatures
{
    private const int MostBundles = 32;

    /// <summary>All that can be read; a damaged one is left out and does not hide the others.</summary>
    public static async Task<IReadOnlyList<ImageSignature>> FindAsync(RegistryImage image, Digest manifest, CancellationToken cancel)
    {
        var found = new List<ImageSignature>();
        foreach (var item in await image.GetReferrersAsync(manifest, artifactType: null, cancel))
        {
            if (found.Count == MostBundles)
                break;
            if (await FindBundleAsync(image, item.Digest, manifest, cancel) is { } signature)
                found.Add(signature);
        }

        return found;
    }

    private static async Task<ImageSignature?> FindBundleAsync(RegistryImage image, Digest referrer, Digest subject, CancellationToken cancel)
    {
        var where = $"{image.Image.Name}@{referrer}";
        try
        {
            var stored = await image.GetVerifiedManifestAsync(referrer, cancel);
            if (stored.IsIndex || ImageManifest.Parse(stored, where).Layers is not [{ MediaType: SigstoreBundle.ArtifactType } layer])
                return null;
            return OciJson.FindObject(stored.Json(where), "subject", where) is { } named && OciJson.Digest(named, "digest", where) == subject
                ? SigstoreBundle.Parse(await image.ReadBlobAsync(layer, SigstoreBundle.MaxSize, cancel), where)
                : null;
        }
        catch (MalformedDataException e)
        {
            return new([], [], where) { Damage = e.Message };
        }
        catch (ImageException e) when (e.Fault is ImageFault.DigestMismatch or ImageFault.TooLarge or ImageFault.NotFound or ImageFault.Malformed or ImageFault.Unsupported)
        {
            // Whoever may push here may damage an entry; that must not take the others with it.
            return new([], [], where) { Damage = e.What };
        }
    }
}
