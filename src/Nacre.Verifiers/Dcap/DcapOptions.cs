using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>What the verifiers of SGX and TDX accept. The defaults are strict; each property that weakens one says so in its name.</summary>
public sealed record DcapOptions
{
    /// <summary>Where TCB info, QE identity and revocation lists come from; without it nothing verifies.</summary>
    public IDcapCollateralSource? Collateral { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo of the root that is trusted, in hexadecimal. Another than Intel's is for tests only.</summary>
    public string RootKeyDigest { get; init; } = IntelRoot.KeyDigest;

    /// <summary>Believe enclaves and TDs whose memory the host may read and write. Development only.</summary>
    public bool AllowDebug { get; init; }

    /// <summary>Ignore bytes other than zero behind a quote. Nothing signs them.</summary>
    public bool AllowTrailingData { get; init; }

    /// <summary>How long after its end TCB info, a QE identity or a revocation list is still taken. The claim collateral_expiration_status says so.</summary>
    public TimeSpan CollateralGrace { get; init; }

    /// <summary>The lowest tcbEvaluationDataNumber that is taken: against collateral of an older evaluation that is still in date.</summary>
    public int MinimumTcbEvaluationDataNumber { get; init; }

    /// <summary>The statuses that are accepted; null for all but Revoked, which leaves the decision to policy. Revoked is never accepted.</summary>
    public IReadOnlyCollection<TcbStatus>? AcceptedStatuses { get; init; }

    /// <summary>False refuses TDs that may be migrated to another host.</summary>
    public bool AllowMigratable { get; init; } = true;
}
