using Nacre.Formats;

namespace Nacre.Verifiers.Se;

/// <summary>What a verifier of IBM Secure Execution needs.</summary>
public sealed record SeOptions
{
    /// <summary>
    /// 32 bytes that all servers of one service share: what they send a guest to carry back is sealed with it. Null refuses all evidence,
    /// because then no challenge can have been ours.
    /// </summary>
    public SecretBytes? SealKey { get; init; }

    /// <summary>How long a guest may take from the challenge to its evidence.</summary>
    public TimeSpan ChallengeLifetime { get; init; } = TimeSpan.FromMinutes(5);
}
