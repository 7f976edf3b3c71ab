using System.Text.Json.Nodes;

namespace Nacre.Verifiers;

/// <summary>The closed result of a verification. Only <see cref="Verified"/> carries claims.</summary>
public abstract class Verdict
{
    private protected Verdict(IReadOnlyList<Check> checks) => Checks = checks;

    /// <summary>Every check that was made, in order, whatever came of it.</summary>
    public IReadOnlyList<Check> Checks { get; }
}

/// <summary>The evidence is genuine, fresh and bound as asked. Whether it is acceptable is for policy to say.</summary>
public sealed class Verified : Verdict
{
    internal Verified(IReadOnlyList<Check> checks, IReadOnlyList<VerifiedClaims> claims)
        : base(checks) => Claims = claims;

    /// <summary>One entry for each device the evidence speaks of; never empty.</summary>
    public IReadOnlyList<VerifiedClaims> Claims { get; }
}

/// <summary>The evidence is not to be believed; <see cref="Verdict.Checks"/> says why.</summary>
public sealed class Refused : Verdict
{
    internal Refused(IReadOnlyList<Check> checks)
        : base(checks)
    {
    }

    public IEnumerable<Check> Failures => Checks.Where(check => check.Outcome == CheckOutcome.Failed);
}

/// <summary>Facts that a verifier vouches for. Only a verifier makes one.</summary>
public sealed class VerifiedClaims
{
    internal VerifiedClaims(string tee, string teeClass, IEvidenceClaims typed) =>
        (Tee, TeeClass, Typed, Claims) = (tee, teeClass, typed, typed.ToJson());

    /// <summary>Wire name of the TEE.</summary>
    public string Tee { get; }

    /// <summary><c>cpu</c>, <c>gpu</c>, <c>switch</c>, … (trust.md 3.4).</summary>
    public string TeeClass { get; }

    /// <summary>The record of the TEE, such as <c>SnpClaims</c>; NVIDIA has one for a device and one for a fabric.</summary>
    public IEvidenceClaims Typed { get; }

    /// <summary>The same with upstream's names. <c>report_data</c> and <c>init_data</c> are set only if the evidence binds them.</summary>
    public JsonObject Claims { get; }
}
