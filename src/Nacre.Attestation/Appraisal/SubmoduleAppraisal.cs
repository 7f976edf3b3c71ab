using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;

namespace Nacre.Attestation.Appraisal;

/// <summary>What policies made of the claims of one device.</summary>
public sealed record SubmoduleAppraisal
{
    /// <summary>Class and counter, such as <c>cpu0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Wire name of the TEE.</summary>
    public required string Tee { get; init; }

    /// <summary>The first policy id without the class, as the token names it.</summary>
    public required string PolicySet { get; init; }

    /// <summary>Each policy that appraised, in the order in which they were asked for; at least one.</summary>
    public required IReadOnlyList<PolicyAppraisal> Policies { get; init; }

    /// <summary>The worst of what they gave, claim by claim.</summary>
    public required TrustVector Vector { get; init; }

    /// <summary>
    /// The worst tier of the vector; but none at all when one of the policies asserts nothing, whatever the others say: silence is not consent.
    /// </summary>
    public TrustTier Status => Vector.Status == TrustTier.Affirming && Policies.Any(policy => policy.Vector.Status == TrustTier.None)
        ? TrustTier.None : Vector.Status;

    /// <summary>Members that the policies add to the submodule, by name.</summary>
    public required IReadOnlyList<KeyValuePair<string, JsonNode?>> Extensions { get; init; }

    /// <summary>The input of the policy, which is also the token's annotated evidence.</summary>
    public required JsonObject Claims { get; init; }

    /// <summary>Why it is not affirming; empty when it is.</summary>
    public IEnumerable<AppraisalFinding> Findings => Policies.SelectMany(policy => policy.Findings);
}

/// <summary>What one policy made of them.</summary>
public sealed record PolicyAppraisal(PolicyDocument Policy, TrustVector Vector, IReadOnlyList<KeyValuePair<string, JsonNode?>> Extensions)
{
    /// <summary>Why it is not affirming; empty when it is.</summary>
    public required IReadOnlyList<AppraisalFinding> Findings { get; init; }
}

/// <summary>One reason why a trust claim is not affirming.</summary>
/// <param name="TrustClaim">Such as <c>executables</c>.</param>
/// <param name="Subject">What was looked at, such as <c>tpm.pcr08</c>; null when only the rule is known.</param>
/// <param name="Found">The value in the evidence; null when it is absent or not one value.</param>
/// <param name="Reference">The reference value that was asked for; null when none was.</param>
/// <param name="Allowed">What it allows, as JSON; null when there is no such reference value or it has expired.</param>
/// <param name="Rule">Policy file and line.</param>
/// <param name="Explanation">The policy engine's words, when it is the only source.</param>
public sealed record AppraisalFinding(
    string TrustClaim, string? Subject, string? Found, string? Reference, string? Allowed, string Rule, string? Explanation = null)
{
    public override string ToString() => Subject is null
        ? $"{TrustClaim}: {Explanation}; policy {Rule}"
        : $"{Subject} is {Found ?? "absent"}, reference value {Reference} {(Allowed is null ? "is not registered or has expired" : $"allows {Allowed}")}; policy {Rule}";
}
