using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Plugins;

namespace Nacre.KeyBroker;

/// <summary>How the key broker behaves.</summary>
public sealed record BrokerOptions
{
    /// <summary>How long a guest may take between the challenge and its evidence.</summary>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Versions of the protocol besides the newest; only those of <see cref="Evidence.Protocol.OlderProtocols.Safe"/> count.</summary>
    public IReadOnlyList<string> OlderProtocols { get; init; } = [];

    /// <summary>Tell guests why they were refused. The reasons name measurements and policies, never a secret; the administrator sees them always.</summary>
    public bool ExplainToGuests { get; init; }

    /// <summary>Pointers to the guest's key in a token, before those that are known.</summary>
    public IReadOnlyList<string> TeeKeyPaths { get; init; } = [];

    /// <summary>How many others must approve a change of a policy before it takes effect; 0 for none.</summary>
    public int RequiredApprovals { get; init; }

    /// <summary>How long a change waits for them.</summary>
    public TimeSpan ProposalLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Of every route but those of health.</summary>
    public RateLimitOptions RateLimit { get; init; } = new(PerSecond: 200, Burst: 1000, SparesLoopback: true);

    /// <summary>What is served besides resources.</summary>
    public IReadOnlyList<PluginSettings> Plugins { get; init; } = [];
}
