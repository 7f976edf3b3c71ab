using System.Net;
using System.Security.Cryptography;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Registry;

/// <summary>
/// Puts a blob into a registry (OCI distribution-spec 1.1, "Pushing a blob in chunks" and "Mounting a blob"). Chunks have a length and a
/// place, as the spec wants, so one that did not arrive is sent again; the digest is known only when the content has gone by.
/// </summary>
internal static class BlobUpload
{
    private const int ChunkSize = 8 << 20;

    // A registry may ask for larger chunks (OCI-Chunk-Min-Length), but not for any amount of our memory.
    private const int LargestChunk = 64 << 20;

    /// <summary>True when the registry took the blob over from another repository of its own.</summary>
    public static async ValueTask<bool> TryMountAsync(RegistryConnection registry, Digest digest, string from, CancellationToken cancel)
    {
        var address = registry.Address($"blobs/uploads/?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(from)}");
        using var response = await registry.SendAsync(() => Post(address), cancel, push: true);
        if (response.StatusCode == HttpStatusCode.Created)
            return true;

        // It began an upload instead; that is given up, so that the registry need not keep it.
        if (response.StatusCode == HttpStatusCode.Accepted)
        {
            var place = Location(registry, response, address);
            using var ended = await registry.SendAsync(() => new(HttpMethod.Delete, place), cancel, push: true);
        }

        return false;
    }

    public static async ValueTask<BlobWritten> SendAsync(RegistryConnection registry, Stream content, CancellationToken cancel)
    {
        var (place, chunk) = await BeginAsync(registry, cancel);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[chunk];
        var size = 0L;
        int count;
        while ((count = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            place = await PatchAsync(registry, place, buffer.AsMemory(0, count), size, cancel);
            size += count;
        }

        var digest = Digest.Of(HashAlgorithmName.SHA256, hash.GetHashAndReset());
        var commit = new Uri($"{place}{(place.Query.Length == 0 ? '?' : '&')}digest={Uri.EscapeDataString(digest.ToString())}");
        using var response = await registry.RequireAsync(
            await registry.SendAsync(() => new(HttpMethod.Put, commit) { Content = new ByteArrayContent([]) }, cancel, push: true), "an upload", cancel);
        return new(digest, size);
    }

    private static async ValueTask<(Uri Place, int Chunk)> BeginAsync(RegistryConnection registry, CancellationToken cancel)
    {
        var address = registry.Address("blobs/uploads/");
        using var response = await registry.RequireAsync(await registry.SendAsync(() => Post(address), cancel, push: true), "an upload", cancel);
        var chunk = response.Headers.TryGetValues("OCI-Chunk-Min-Length", out var values)
            && int.TryParse(values.First(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var least)
                ? Math.Clamp(least, ChunkSize, LargestChunk)
                : ChunkSize;
        return (Location(registry, response, address), chunk);
    }

    private static async ValueTask<Uri> PatchAsync(RegistryConnection registry, Uri place, ReadOnlyMemory<byte> chunk, long from, CancellationToken cancel)
    {
        using var response = await registry.RequireAsync(await registry.SendAsync(Create, cancel, push: true), "an upload", cancel);
        return Location(registry, response, place);

        HttpRequestMessage Create()
        {
            var request = new HttpRequestMessage(HttpMethod.Patch, place) { Content = new ReadOnlyMemoryContent(chunk) };
            request.Content.Headers.ContentType = new("application/octet-stream");
            // "FIRST-LAST", without the unit that RFC 9110 wants: so the distribution-spec writes it.
            request.Content.Headers.TryAddWithoutValidation("Content-Range", $"{from}-{from + chunk.Length - 1}");
            return request;
        }
    }

    private static HttpRequestMessage Post(Uri address) => new(HttpMethod.Post, address) { Content = new ByteArrayContent([]) };

    private static Uri Location(RegistryConnection registry, HttpResponseMessage response, Uri before)
    {
        var place = response.Headers.Location switch
        {
            null => throw new ImageException(
                ImageFault.Malformed, "the registry's answer to an upload has no Location", registry.Where, "look into its log"),
            { IsAbsoluteUri: true } absolute => absolute,
            var relative => new Uri(before, relative),
        };
        return place.Scheme == before.Scheme || place.Scheme == Uri.UriSchemeHttps ? place : throw new ImageException(
            ImageFault.Denied, $"the registry wants the upload at {place.Scheme}://{place.Authority}, without TLS", registry.Where, "ask its operator");
    }
}
