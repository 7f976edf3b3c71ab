using System.Net.Http.Headers;
using System.Security.Cryptography;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Registry;

/// <summary><c>docker://NAME</c>: one image in a registry (OCI distribution-spec 1.1, "Pull" and "Push").</summary>
public sealed class RegistryImage(ImageReference image, RegistryOptions options) : IImageSource, IImageTarget
{
    private static readonly string[] s_accepted =
        [MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerList, MediaTypes.DockerManifest];

    private readonly RegistryConnection _connection = new(image, options);

    public ImageReference Image => image;

    public string Where => image.ToString();

    /// <summary>The same repository under another tag, as cosign's signatures are found.</summary>
    public RegistryImage WithTag(string tag) => new(image.WithTag(tag), options);

    public async ValueTask<StoredManifest> GetManifestAsync(Digest? digest, CancellationToken cancel)
    {
        var name = digest?.ToString() ?? image.ManifestName;
        using var response = await _connection.RequireAsync(
            await _connection.SendAsync(() => ManifestRequest(name), cancel), $"manifest {name}", cancel);
        var manifest = await ReadManifestAsync(response, cancel);
        var expected = digest ?? image.Digest;
        if (expected is not null && expected.Of(manifest.Bytes.Span) is var found && found != expected)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"manifest digest: expected {expected}, found {found}", Where,
                "the registry or its storage was changed; push the image again and find out who changed it");
        }

        return manifest;
    }

    /// <summary>
    /// The index of what refers to a manifest of this repository, by the API or, where there is none, by its tag (OCI distribution-spec 1.1,
    /// "Listing Referrers"); null when nothing does. Only the first page.
    /// </summary>
    public async ValueTask<StoredManifest?> FindReferrersAsync(Digest subject, CancellationToken cancel)
    {
        using var answer = await _connection.SendAsync(() => new(HttpMethod.Get, _connection.Address($"referrers/{subject}")), cancel);
        if (answer.IsSuccessStatusCode)
            return await ReadManifestAsync(answer, cancel);

        await using var fallback = WithTag($"{subject.Algorithm}-{subject.Hex}");
        try
        {
            return await fallback.GetManifestAsync(digest: null, cancel);
        }
        catch (ImageException e) when (e.Fault == ImageFault.NotFound)
        {
            return null;
        }
    }

    public async ValueTask<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancel) =>
        await ResumingBlobStream.OpenAsync(_connection, blob, cancel);

    public async ValueTask<bool> HasBlobAsync(Digest digest, CancellationToken cancel)
    {
        using var response = await _connection.SendAsync(
            () => new(HttpMethod.Head, _connection.Address($"blobs/{digest}")), cancel, push: true);
        return response.IsSuccessStatusCode;
    }

    public async ValueTask<BlobWritten> PutBlobAsync(Stream content, CancellationToken cancel)
    {
        var place = await BeginUploadAsync(cancel);
        using var counting = new CountingStream(content);

        // One PATCH without a length: the digest is known only when the content has gone by.
        var patch = new HttpRequestMessage(HttpMethod.Patch, place) { Content = new StreamContent(counting, 128 * 1024) };
        patch.Content.Headers.ContentType = new("application/octet-stream");
        patch.Headers.TransferEncodingChunked = true;
        using (var response = await SendOnceAsync(patch, cancel))
            place = Location(response, place);

        var written = counting.Finish();
        var separator = place.Query.Length == 0 ? '?' : '&';
        var commit = new HttpRequestMessage(HttpMethod.Put, new Uri($"{place}{separator}digest={Uri.EscapeDataString(written.Digest.ToString())}"))
        {
            Content = new ByteArrayContent([]),
        };
        using (await SendOnceAsync(commit, cancel))
            return written;
    }

    public async ValueTask PutManifestAsync(StoredManifest manifest, bool own, CancellationToken cancel)
    {
        var name = own ? image.ManifestName : manifest.Digest.ToString();
        using var response = await _connection.RequireAsync(await _connection.SendAsync(Create, cancel, push: true), $"manifest {name}", cancel);

        HttpRequestMessage Create() => new(HttpMethod.Put, _connection.Address($"manifests/{name}"))
        {
            Content = new ByteArrayContent(manifest.Bytes.ToArray()) { Headers = { ContentType = new(manifest.MediaType) } },
        };
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<StoredManifest> ReadManifestAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            timeout.CancelAfter(options.IdleTimeout);
            var bytes = await RegistryConnection.ReadLimitedAsync(response, StoredManifest.LargestManifest, timeout.Token);
            return StoredManifest.Read(bytes, response.Content.Headers.ContentType?.MediaType, Where);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw _connection.Unreachable(e);
        }
    }

    private HttpRequestMessage ManifestRequest(string name)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _connection.Address($"manifests/{name}"));
        foreach (var type in s_accepted)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        return request;
    }

    private async ValueTask<Uri> BeginUploadAsync(CancellationToken cancel)
    {
        var address = _connection.Address("blobs/uploads/");
        using var response = await _connection.RequireAsync(
            await _connection.SendAsync(() => new(HttpMethod.Post, address) { Content = new ByteArrayContent([]) }, cancel, push: true),
            "an upload", cancel);
        return Location(response, address);
    }

    // A body that is a stream can be sent only once, so there is no retry.
    private async ValueTask<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var sent = false;
        return await _connection.RequireAsync(
            await _connection.SendAsync(
                () =>
                {
                    if (sent)
                        throw new HttpRequestException(HttpRequestError.Unknown, "the upload broke off");
                    sent = true;
                    return request;
                },
                cancel,
                push: true),
            "an upload",
            cancel);
    }

    private Uri Location(HttpResponseMessage response, Uri before) => response.Headers.Location switch
    {
        null => throw new ImageException(ImageFault.Malformed, "the registry's answer to an upload has no Location", Where, "look into its log"),
        { IsAbsoluteUri: true } absolute => absolute,
        var relative => new Uri(before, relative),
    };

    /// <summary>Hashes and counts what an upload reads.</summary>
    private sealed class CountingStream(Stream inner) : ReadOnlyStream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _size;

        public BlobWritten Finish() => new(Digest.Of(HashAlgorithmName.SHA256, _hash.GetHashAndReset()), _size);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            _hash.AppendData(buffer.Span[..count]);
            _size += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            // The content is the caller's; HttpClient disposes this stream with the request.
            base.Dispose(disposing);
        }
    }
}
