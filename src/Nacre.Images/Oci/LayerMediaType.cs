namespace Nacre.Images.Oci;

public enum LayerCompression
{
    None,
    Gzip,
    Zstd,
}

/// <summary>What a layer's media type says (image-spec layer.md, ocicrypt's <c>+encrypted</c>, docker's names).</summary>
public sealed record LayerMediaType(LayerCompression Compression, bool Encrypted, bool Distributable)
{
    private const string EncryptedSuffix = "+encrypted";
    private const string OciNondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    private const string DockerForeign = "application/vnd.docker.image.rootfs.foreign.diff.tar";

    /// <summary>Null when it is no layer that can be unpacked.</summary>
    public static LayerMediaType? Find(string mediaType)
    {
        var encrypted = mediaType.EndsWith(EncryptedSuffix, StringComparison.Ordinal);
        var plain = encrypted ? mediaType[..^EncryptedSuffix.Length] : mediaType;
        foreach (var (stem, distributable) in (ReadOnlySpan<(string, bool)>)
            [(MediaTypes.OciLayer, true), (OciNondistributable, false), (MediaTypes.DockerLayer, true), (DockerForeign, false)])
        {
            if (!plain.StartsWith(stem, StringComparison.Ordinal))
                continue;

            // OCI joins with '+', docker with '.'.
            LayerCompression? compression = plain[stem.Length..] switch
            {
                "" => LayerCompression.None,
                "+gzip" or ".gzip" => LayerCompression.Gzip,
                "+zstd" or ".zstd" => LayerCompression.Zstd,
                _ => null,
            };
            if (compression is { } known)
                return new(known, encrypted, distributable);
        }

        return null;
    }

    /// <summary>The OCI name of it.</summary>
    public override string ToString() =>
        (Distributable ? MediaTypes.OciLayer : OciNondistributable)
        + Compression switch { LayerCompression.Gzip => "+gzip", LayerCompression.Zstd => "+zstd", _ => "" }
        + (Encrypted ? EncryptedSuffix : "");
}
