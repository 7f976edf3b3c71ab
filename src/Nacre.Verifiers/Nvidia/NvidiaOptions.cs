namespace Nacre.Verifiers.Nvidia;

/// <summary>What a verifier of NVIDIA devices accepts.</summary>
public sealed record NvidiaOptions
{
    /// <summary>Where reference integrity manifests come from; null for nowhere, then measurements are claims and nothing more.</summary>
    public INvidiaManifestSource? Manifests { get; init; }

    /// <summary>Refuse a device whose measurements cannot be compared with NVIDIA's manifests.</summary>
    public bool RequireManifests { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo that device certificates go back to. Only tests have another than NVIDIA's.</summary>
    internal string RootKey { get; init; } = NvidiaChain.DeviceRootKey;
}
