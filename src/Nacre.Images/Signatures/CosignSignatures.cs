using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures.Sigstore;
using Nacre.Images.Transports;

namespace Nacre.Images.Signatures;

/// <summary>
/// Signatures in cosign's place: an image <c>sha256-HEX.sig</c> in the same repository, one layer per signature, the payload as blob and
/// the signature as annotation (sigstore/cosign specs, SIGNATURE_SPEC.md).
/// </summary>
public static class CosignSignatures
{
    public const string Annotation = "dev.cosignproject.cosign/signature";
    private const string CertificateAnnotation = "dev.sigstore.cosign/certificate";
    private const string ChainAnnotation = "dev.sigstore.cosign/chain";
    private const string BundleAnnotation = "dev.sigstore.cosign/bundle";
    private const int MostSignatures = 64;
    private const int LargestPayload = 64 * 1024;

    public static string TagFor(Digest manifest) => $"{manifest.Algorithm}-{manifest.Hex}.sig";

    /// <summary>All that can be read; a damaged one is left out and does not hide the others.</summary>
    public static async Task<IReadOnlyList<ImageSignature>> FindAsync(RegistryImage image, Digest manifest, CancellationToken cancel)
    {
        await using var place = image.WithTag(TagFor(manifest));
        StoredManifest stored;
        try
        {
            stored = await place.GetManifestAsync(digest: null, cancel);
        }
        catch (ImageException e) when (e.Fault == ImageFault.NotFound)
        {
            return [];
        }

        var found = new List<ImageSignature>();
        foreach (var layer in ImageManifest.Parse(stored, place.Where).Layers.Where(layer => layer.MediaType == MediaTypes.SimpleSigning).Take(MostSignatures))
        {
            if (!layer.Annotations.TryGetValue(Annotation, out var text))
                continue;

            var signature = new byte[text.Length];
            if (!Convert.TryFromBase64String(text.ReplaceLineEndings(""), signature, out var length))
                continue;

            try
            {
                var payload = await place.ReadBlobAsync(layer, LargestPayload, cancel);
                found.Add(WithWitnesses(new(payload, signature[..length], $"{place.Where}, {layer.Digest}"), layer.Annotations));
            }
            catch (ImageException e) when (e.Fault is ImageFault.DigestMismatch or ImageFault.TooLarge or ImageFault.NotFound)
            {
                // Whoever may push here may damage an entry; that must not take the others with it.
            }
        }

        return found;
    }

    // Only a policy with certificates or a log looks at them; damaged ones do not spoil a signature by a key.
    private static ImageSignature WithWitnesses(ImageSignature signature, IReadOnlyDictionary<string, string> annotations)
    {
        try
        {
            return signature with
            {
                Certificate = annotations.TryGetValue(CertificateAnnotation, out var pem) ? PemCertificates.Parse(pem)[0] : null,
                Chain = annotations.TryGetValue(ChainAnnotation, out var chain) && !string.IsNullOrWhiteSpace(chain) ? PemCertificates.Parse(chain) : [],
                LogEntry = annotations.TryGetValue(BundleAnnotation, out var bundle) ? LogEntry.ReadAnnotation(Encoding.UTF8.GetBytes(bundle)) : null,
            };
        }
        catch (MalformedDataException e)
        {
            return signature with { Damage = e.Message };
        }
    }

    /// <summary>Signs a manifest and adds the signature to those that are there.</summary>
    public static async Task<Digest> SignAsync(RegistryImage image, Digest manifest, ECDsa key, CancellationToken cancel)
    {
        // The whole name, so that the default identity rule of containers-policy.json holds; cosign itself does not look at it.
        var payload = new SimpleSigningPayload(manifest, SignedName(image.Image)).ToJson();
        var signature = key.SignData(payload, HashFor(key), DSASignatureFormat.Rfc3279DerSequence);

        await using var place = image.WithTag(TagFor(manifest));
        var layers = new List<Descriptor>();
        try
        {
            layers.AddRange(ImageManifest.Parse(await place.GetManifestAsync(digest: null, cancel), place.Where).Layers);
        }
        catch (ImageException e) when (e.Fault == ImageFault.NotFound)
        {
            // The first signature of this image.
        }

        var blob = await place.PutBlobAsync(new MemoryStream(payload), cancel);
        layers.Add(new(MediaTypes.SimpleSigning, blob.Digest, blob.Size)
        {
            Annotations = new Dictionary<string, string> { [Annotation] = Convert.ToBase64String(signature) },
        });
        var config = await place.PutBlobAsync(new MemoryStream(Config(layers)), cancel);
        var json = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.OciManifest,
            ["config"] = new Descriptor(MediaTypes.OciConfig, config.Digest, config.Size).ToJson(),
            ["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer.ToJson())]),
        };
        var stored = new StoredManifest(OciJson.Utf8(json), MediaTypes.OciManifest);
        await place.PutManifestAsync(stored, own: true, cancel);
        return stored.Digest;
    }

    /// <summary>What a signature of ours says it is for: name and tag.</summary>
    public static string SignedName(ImageReference image) => image.Tag is null ? image.Name : $"{image.Name}:{image.Tag}";

    private static HashAlgorithmName HashFor(ECDsa key) => key.KeySize switch
    {
        256 => HashAlgorithmName.SHA256,
        384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    private static byte[] Config(List<Descriptor> layers) => OciJson.Utf8(new JsonObject
    {
        ["architecture"] = "",
        ["os"] = "",
        ["config"] = new JsonObject(),
        ["rootfs"] = new JsonObject
        {
            ["type"] = "layers",
            ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)JsonValue.Create(layer.Digest.ToString()))]),
        },
    });
}
