using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Transports;

/// <summary>Where one image is read from. What it returns is not checked: the reader checks digests and sizes.</summary>
public interface IImageSource : IAsyncDisposable
{
    /// <summary>As the user wrote it, for messages.</summary>
    string Where { get; }

    /// <summary>The image's own manifest or index, or with <paramref name="digest"/> another one beside it.</summary>
    ValueTask<StoredManifest> GetManifestAsync(Digest? digest, CancellationToken cancel);

    ValueTask<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancel);

    /// <summary>The blob from a byte on, for who has those before it.</summary>
    async ValueTask<Stream> OpenBlobAtAsync(Descriptor blob, long offset, CancellationToken cancel)
    {
        var stream = await OpenBlobAsync(blob, cancel);
        if (stream.CanSeek)
            stream.Position = offset;
        else
            await stream.SkipAsync(offset, cancel);
        return stream;
    }
}

/// <summary>Where one image is written to: blobs first, the image's own manifest last.</summary>
public interface IImageTarget : IAsyncDisposable
{
    string Where { get; }

    ValueTask<bool> HasBlobAsync(Digest digest, CancellationToken cancel);

    /// <summary>True when the target has now got the blob from <paramref name="from"/> without its bytes going through here.</summary>
    ValueTask<bool> TryMountAsync(Descriptor blob, IImageSource from, CancellationToken cancel) => new(false);

    /// <summary>Reads <paramref name="content"/> to its end. The digest is known only then, so it is returned.</summary>
    ValueTask<BlobWritten> PutBlobAsync(Stream content, CancellationToken cancel);

    /// <summary>With <paramref name="own"/>, it is the manifest that the name of the image stands for, not one below it.</summary>
    ValueTask PutManifestAsync(StoredManifest manifest, bool own, CancellationToken cancel);
}

public readonly record struct BlobWritten(Digest Digest, long Size);
