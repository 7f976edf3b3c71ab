using Nacre.Images.Oci;

namespace Nacre.Images.Copy;

/// <summary>What happens to layers while an image is copied.</summary>
public interface ILayerTransform
{
    /// <summary>Null when this layer stays as it is.</summary>
    ValueTask<TransformedLayer?> BeginAsync(Descriptor layer, Stream content, string where, CancellationToken cancel);
}

/// <param name="Content">To be read to its end; it owns the content it was made from.</param>
/// <param name="MediaType">Of the new blob.</param>
/// <param name="Annotations">All annotations of the new descriptor, known when <paramref name="Content"/> was read.</param>
public sealed record TransformedLayer(Stream Content, string MediaType, Func<IReadOnlyDictionary<string, string>> Annotations);
