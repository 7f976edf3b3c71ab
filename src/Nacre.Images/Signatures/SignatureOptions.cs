using Nacre.Images.Policy.Notation;

namespace Nacre.Images.Signatures;

/// <summary>Where signatures are looked for besides the registry, and what time it is for keys and certificates.</summary>
public sealed record SignatureOptions
{
    /// <summary>Stores of signatures by OpenPGP keys.</summary>
    public LookasideStores Lookaside { get; init; } = LookasideStores.None;

    /// <summary>How stores with an https address are reached; null for the system's way. Not disposed here.</summary>
    public HttpMessageHandler? Http { get; init; }

    /// <summary>Who may have signed with Notation; given, such a signature is wanted besides what the image policy wants.</summary>
    public NotationTrust? Notation { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
