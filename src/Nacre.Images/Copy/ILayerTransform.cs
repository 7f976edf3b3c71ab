using Nacre.Images.Oci;

namespace Nacre.Images.Copy;

/// <summary>What happens to layers while an image is copied.</summary>
public interface ILayerTransform
{
    /// <summary>Null when this layer stays as it is.</summary>
    /// <param name="layer">As it is.</param>
    /// <param name="position">Of the layer in its image, from 0.</param>
    /// <param name="count">How many layers its image has.</param>
    /// <param name="content">Checked at its end; owned by the result when there is one.</param>
    /// <param name="where">The layer, for errors.</param>
    /// <param name="cancel">Ends the attempt.</param>
    ValueTask<TransformedLayer?> BeginAsync(
        Descriptor layer, int position, int count, Stream content, string where, CancellationToken cancel);
}

/// <param name="Content">To be read to its end; it owns the content it was made from.</param>
/// <param name="MediaType">Of the new blob.</param>
/// <param name="Annotations">All annotations of the new descriptor, known when <paramref name="Content"/> was read.</param>
public sealed record TransformedLayer(Stream Content, string MediaType, Func<IReadOnlyDictionary<string, string>> Annotations);
