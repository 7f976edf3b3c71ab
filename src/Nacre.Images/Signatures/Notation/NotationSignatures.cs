using Nacre.Formats;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Transports;

namespace Nacre.Images.Signatures.Notation;

/// <summary>One signature as it was found: read, or why it could not be.</summary>
internal sealed record FoundNotationSignature(string Where, NotationEnvelope? Envelope, string? Damage);

/// <summary>Signatures of the Notary Project that refer to an image (signature-specification.md, "OCI Signatures").</summary>
internal static class NotationSignatures
{
    public const string ArtifactType = "application/vnd.cncf.notary.signature";

    /// <summary>How many are looked at; whoever may push could add any number.</summary>
    private const int Most = 64;

    /// <summary>A damaged one is told and does not hide the others.</summary>
    public static async Task<IReadOnlyList<FoundNotationSignature>> FindAsync(RegistryImage image, Digest manifest, CancellationToken cancel)
    {
        // The list says the type of the configuration where no type of artifact is given; some registries say nothing.
        var referrers = await image.GetReferrersAsync(manifest, artifactType: null, cancel);
        var found = new List<FoundNotationSignature>();
        foreach (var item in referrers.Where(item => item.ArtifactType is null or ArtifactType).Take(Most))
        {
            var where = $"{image.Image.Name}@{item.Digest}";
            try
            {
                if (await ReadAsync(image, item.Digest, manifest, where, cancel) is { } envelope)
                    found.Add(new(where, envelope, null));
            }
            catch (MalformedDataException e)
            {
                found.Add(new(where, null, e.Message));
            }
            catch (ImageException e) when (e.Fault is ImageFault.DigestMismatch or ImageFault.TooLarge or ImageFault.NotFound
                or ImageFault.Malformed or ImageFault.Unsupported)
            {
                found.Add(new(where, null, e.What));
            }
        }

        return found;
    }

    /// <summary>Null when it is something else that refers to the image.</summary>
    private static async Task<NotationEnvelope?> ReadAsync(
        RegistryImage image, Digest referrer, Digest subject, string where, CancellationToken cancel)
    {
        var stored = await image.GetVerifiedManifestAsync(referrer, cancel);
        if (stored.IsIndex)
            return null;
        var (json, manifest) = (stored.Json(where), ImageManifest.Parse(stored, where));
        if ((OciJson.FindText(json, "artifactType", where) ?? manifest.Config.MediaType) != ArtifactType)
            return null;
        if (OciJson.Digest(OciJson.Object(json, "subject", where), "digest", where) is var named && named != subject)
            throw OciJson.Malformed($"it is a signature of {named}", where);
        return manifest.Layers is [var layer]
            ? NotationEnvelope.Parse(layer.MediaType, await image.ReadBlobAsync(layer, NotationEnvelope.MaxSize, cancel))
            : throw OciJson.Malformed($"it has {manifest.Layers.Count} layers, must have one", where);
    }
}
