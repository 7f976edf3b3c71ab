using System.Net;
using System.Runtime.CompilerServices;
using Nacre.Formats.OpenPgp;
using Nacre.Images.References;

namespace Nacre.Images.Signatures;

/// <summary>
/// One store of signatures: <c>STORE/REPOSITORY@ALGORITHM=HEX/signature-N</c>, N from 1 without a gap (containers-registries.d(5)).
/// The repository is without its registry.
/// </summary>
public sealed class LookasideStore(Uri store, HttpMessageHandler? handler = null) : IDisposable
{
    private const int MostSignatures = 32;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly HttpClient _http = new(handler ?? new SocketsHttpHandler { MaxAutomaticRedirections = 5 }, disposeHandler: handler is null)
    {
        Timeout = s_limit,
        MaxResponseContentBufferSize = OpenPgpMessage.MaxSize,
    };

    /// <summary>The signatures of a manifest, each with its place. What they are worth is not looked at.</summary>
    public async IAsyncEnumerable<(byte[] Signature, string Where)> ReadAsync(
        ImageReference image, Digest manifest, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var number = 1; number <= MostSignatures; number++)
        {
            var place = Place(image, manifest, number);
            if (await (place.IsFile ? ReadFileAsync(place.LocalPath, cancel) : DownloadAsync(place, cancel)) is not { } signature)
                yield break;
            yield return (signature, place.IsFile ? place.LocalPath : place.ToString());
        }
    }

    /// <summary>Adds a signature after those that are there; only to a store in the file system.</summary>
    /// <returns>Its path.</returns>
    public async Task<string> AddAsync(ImageReference image, Digest manifest, ReadOnlyMemory<byte> signature, CancellationToken cancel)
    {
        if (!store.IsFile)
            throw new ImageException(ImageFault.Unsupported, "signatures can only be written to a file:// store", store.ToString(), "name a 'lookaside-staging' directory");

        for (var number = 1; number <= MostSignatures; number++)
        {
            var path = Place(image, manifest, number).LocalPath;
            if (File.Exists(path))
                continue;

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await file.WriteAsync(signature, cancel);
            return path;
        }

        throw new ImageException(ImageFault.TooLarge, $"there are {MostSignatures} signatures already", store.ToString(), "remove those that are not needed");
    }

    public void Dispose() => _http.Dispose();

    private Uri Place(ImageReference image, Digest manifest, int number) =>
        new($"{store.ToString().TrimEnd('/')}/{image.Repository}@{manifest.Algorithm}={manifest.Hex}/signature-{number}");

    private static async Task<byte[]?> ReadFileAsync(string path, CancellationToken cancel)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return null;
            return file.Length <= OpenPgpMessage.MaxSize ? await File.ReadAllBytesAsync(path, cancel) : throw TooLarge(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageFault.Local, $"a signature cannot be read: {e.Message}", path, "check that the file may be read", e);
        }
    }

    private async Task<byte[]?> DownloadAsync(Uri place, CancellationToken cancel)
    {
        try
        {
            using var response = await _http.GetAsync(place, cancel);
            if (response.StatusCode == HttpStatusCode.NotFound)
                return null;
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsByteArrayAsync(cancel);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new ImageException(ImageFault.Unreachable, $"the store of signatures does not answer as it should: {e.Message}", place.ToString(),
                "check the address in registries.d, and that the server runs", e);
        }
    }

    private static ImageException TooLarge(string where) =>
        new(ImageFault.TooLarge, $"a signature of more than {OpenPgpMessage.MaxSize} bytes", where, "remove it; no signature is that large");
}
