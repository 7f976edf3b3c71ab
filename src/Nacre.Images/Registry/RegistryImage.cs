using System.Net.Http.Headers;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Registry;

/// <summary>
/// <c>docker://NAME</c>: one image in a registry (OCI distribution-spec 1.1, "Pull" and "Push"). Which places are asked for it is what
/// <see cref="RegistriesConfig"/> says; the name stays the one that the user gave.
/// </summary>
public sealed class RegistryImage : IImageSource, IImageTarget
{
    private static readonly string[] s_accepted =
        [MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerList, MediaTypes.DockerManifest];

    private readonly RegistryOptions _options;
    private readonly IReadOnlyList<RegistryConnection> _places;

    // The place that has answered: what belongs together comes from one place.
    private RegistryConnection? _chosen;

    /// <exception cref="ImageException">The registry is blocked.</exception>
    public RegistryImage(ImageReference image, RegistryOptions options)
    {
        (Image, _options) = (image, options);
        _places = [.. options.Registries.Resolve(image).Select(place => new RegistryConnection(place, image.ToString(), options))];
    }

    public ImageReference Image { get; }

    public string Where => Image.ToString();

    private RegistryConnection Own => _places[^1];

    /// <summary>The same repository under another tag, as cosign's signatures are found.</summary>
    public RegistryImage WithTag(string tag) => new(Image.WithTag(tag), _options);

    public async ValueTask<StoredManifest> GetManifestAsync(Digest? digest, CancellationToken cancel)
    {
        if (_chosen is not null)
            return await GetManifestAsync(_chosen, digest, cancel);

        var failures = new List<ImageException>();
        foreach (var place in _places)
        {
            try
            {
                var manifest = await GetManifestAsync(place, digest, cancel);
                _chosen = place;
                return manifest;
            }
            catch (ImageException e)
            {
                failures.Add(e);
            }
        }

        var last = failures[^1];
        throw failures.Count == 1 ? last : new ImageException(
            last.Fault, string.Join("; ", failures.Zip(_places, (failure, place) => $"{place.Image.Registry}: {failure.What}")), Where, last.Remedy,
            new AggregateException(failures));
    }

    public ValueTask<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancel) => OpenBlobAtAsync(blob, 0, cancel);

    public async ValueTask<Stream> OpenBlobAtAsync(Descriptor blob, long offset, CancellationToken cancel) =>
        await ResumingBlobStream.OpenAsync(_chosen ?? Own, blob, offset, cancel);

    /// <summary>What refers to the manifest <paramref name="subject"/>, by the referrers API or its tag; with a type, only of that type.</summary>
    public ValueTask<IReadOnlyList<Descriptor>> GetReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
        Referrers.FindAsync(_chosen ?? Own, subject, artifactType, cancel);

    public async ValueTask<bool> HasBlobAsync(Digest digest, CancellationToken cancel)
    {
        using var response = await Own.SendAsync(() => new(HttpMethod.Head, Own.Address($"blobs/{digest}")), cancel, push: true);
        return response.IsSuccessStatusCode;
    }

    public async ValueTask<bool> TryMountAsync(Descriptor blob, IImageSource from, CancellationToken cancel) =>
        from is RegistryImage other && other.Own.Image.Registry == Own.Image.Registry && other.Own.Image.Repository != Own.Image.Repository
            && await BlobUpload.TryMountAsync(Own, blob.Digest, other.Own.Image.Repository, cancel);

    public ValueTask<BlobWritten> PutBlobAsync(Stream content, CancellationToken cancel) => BlobUpload.SendAsync(Own, content, cancel);

    public async ValueTask PutManifestAsync(StoredManifest manifest, bool own, CancellationToken cancel)
    {
        var name = own ? Own.Image.ManifestName : manifest.Digest.ToString();
        using var response = await Own.RequireAsync(await Own.SendAsync(Create, cancel, push: true), $"manifest {name}", cancel);

        HttpRequestMessage Create() => new(HttpMethod.Put, Own.Address($"manifests/{name}"))
        {
            Content = new ByteArrayContent(manifest.Bytes.ToArray()) { Headers = { ContentType = new(manifest.MediaType) } },
        };
    }

    public ValueTask DisposeAsync()
    {
        foreach (var place in _places)
            place.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<StoredManifest> GetManifestAsync(RegistryConnection place, Digest? digest, CancellationToken cancel)
    {
        var name = digest?.ToString() ?? place.Image.ManifestName;
        using var response = await place.RequireAsync(await place.SendAsync(() => Request(place, name), cancel), $"manifest {name}", cancel);
        var bytes = await place.ReadBodyAsync(response, StoredManifest.LargestManifest, cancel);
        var manifest = StoredManifest.Read(bytes, response.Content.Headers.ContentType?.MediaType, Where);
        var expected = digest ?? Image.Digest;
        if (expected is not null && expected.Of(bytes) is var found && found != expected)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"manifest digest: expected {expected}, found {found}", Where,
                "the registry or its storage was changed; push the image again and find out who changed it");
        }

        return manifest;
    }

    private static HttpRequestMessage Request(RegistryConnection place, string name)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, place.Address($"manifests/{name}"));
        foreach (var type in s_accepted)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        return request;
    }
}
