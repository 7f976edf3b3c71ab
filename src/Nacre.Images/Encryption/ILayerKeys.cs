namespace Nacre.Images.Encryption;

/// <summary>One recipient of an image: puts the private options of a layer where only the recipient can take them.</summary>
public interface ILayerRecipient
{
    /// <summary>The annotation that the packet is added to.</summary>
    string Annotation { get; }

    ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> privateOptions, CancellationToken cancel);
}

/// <summary>One way to open packets.</summary>
public interface ILayerKeyUnwrapper
{
    bool Reads(string annotation);

    /// <summary>The private options as JSON; the caller zeroes them.</summary>
    /// <exception cref="ImageException">This packet cannot be opened this way.</exception>
    ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> packet, string where, CancellationToken cancel);
}

/// <summary>The annotations that ocicrypt defines.</summary>
public static class LayerKeyAnnotations
{
    public const string Prefix = "org.opencontainers.image.enc.keys.";
    public const string ProviderPrefix = Prefix + "provider.";

    /// <summary>The name is historical: every CoCo reader looks for it (guest.md 9.0).</summary>
    public const string AttestationAgent = ProviderPrefix + "attestation-agent";

    public const string Jwe = Prefix + "jwe";
}
