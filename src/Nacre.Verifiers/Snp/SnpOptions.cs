using Nacre.Evidence.Snp;
using Nacre.Verifiers.Collateral;

namespace Nacre.Verifiers.Snp;

/// <summary>What a verifier of SEV-SNP accepts. The defaults are strict; each property that weakens one says so in its name.</summary>
public sealed record SnpOptions
{
    /// <summary>Where VCEKs that are not in the evidence, and revocation lists, come from; null for nowhere.</summary>
    public IAmdCollateral? Collateral { get; init; }

    /// <summary>Believe guests whose memory the host may read and write. Development only.</summary>
    public bool AllowDebug { get; init; }

    /// <summary>The least privileged level a report may come from; 0 is the most privileged.</summary>
    public uint LeastPrivilegedVmpl { get; init; }

    /// <summary>False refuses guests whose policy lets them share a core with others.</summary>
    public bool AllowSmt { get; init; } = true;

    /// <summary>False refuses guests whose policy lets a migration agent move them.</summary>
    public bool AllowMigrationAgent { get; init; } = true;

    /// <summary>How long after its end a revocation list is still taken. The claim collateral_expiration_status says so.</summary>
    public TimeSpan CollateralGrace { get; init; }

    /// <summary>Refuse when no current revocation list is at hand.</summary>
    public bool RequireRevocationList { get; init; }

    /// <summary>The oldest firmware that is accepted; null for any that AMD signed for.</summary>
    public SnpTcb? MinimumTcb { get; init; }

    /// <summary>The lowest guest security version number that is accepted.</summary>
    public uint MinimumGuestSvn { get; init; }

    /// <summary>Others than AMD's are for tests.</summary>
    internal Func<SnpProduct, AmdRoots> Roots { get; init; } = AmdRoots.Of;
}
