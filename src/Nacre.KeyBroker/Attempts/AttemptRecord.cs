using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Appraisal;
using Nacre.Verifiers;

namespace Nacre.KeyBroker.Attempts;

/// <summary>
/// The story of one attempt that did not end well, for the administrator: checks, policy rule, what was expected and what was found. Holds
/// no secret, no key and no nonce.
/// </summary>
public sealed record AttemptRecord
{
    /// <summary>Told to the guest as <c>reference</c>.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required AttemptKind Kind { get; init; }

    /// <summary>Wire name of the primary TEE; null when it is not known.</summary>
    public string? Tee { get; init; }

    /// <summary>The same for all attestations that one guest began with the cookie of the one before; null when there was no session.</summary>
    public string? Guest { get; init; }

    /// <summary>One line each, the most important first; never empty.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    public IReadOnlyList<EvidenceReport> Reports { get; init; } = [];

    public IReadOnlyList<SubmoduleAppraisal> Submodules { get; init; } = [];

    /// <summary>What was asked for, as a path; null when it was an attestation.</summary>
    public string? Resource { get; init; }

    /// <summary>The policy that denied a release, as <c>file digest</c>; null otherwise.</summary>
    public string? Policy { get; init; }

    /// <summary>The appraisal that a denied release relied on; null when it was affirming or there was none.</summary>
    public string? Appraisal { get; init; }

    public JsonObject ToJson() => new()
    {
        ["id"] = Id,
        ["at"] = At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["kind"] = Kind switch
        {
            AttemptKind.EvidenceRefused => "evidence-refused",
            AttemptKind.NotAffirming => "not-affirming",
            AttemptKind.ReleaseFailed => "release-failed",
            _ => "release-denied",
        },
        ["tee"] = Tee,
        ["guest"] = Guest,
        ["resource"] = Resource,
        ["reasons"] = new JsonArray([.. Reasons.Select(reason => (JsonNode)reason)]),
        ["policy"] = Policy,
        ["appraisal"] = Appraisal,
        ["evidence"] = new JsonArray([.. Reports.Select(Report)]),
        ["submodules"] = new JsonArray([.. Submodules.Select(Submodule)]),
    };

    private static JsonObject Report(EvidenceReport report) => new()
    {
        ["tee"] = report.Tee,
        ["checks"] = new JsonArray([.. report.Checks.Select(Check)]),
    };

    private static JsonObject Check(Check check) => new()
    {
        ["id"] = check.Id,
        ["outcome"] = check.Outcome switch { CheckOutcome.Passed => "passed", CheckOutcome.Failed => "failed", _ => "not-made" },
        ["subject"] = check.Subject,
        ["expected"] = check.Expected,
        ["found"] = check.Found,
        ["remedy"] = check.Remedy,
    };

    private static JsonObject Submodule(SubmoduleAppraisal submodule) => new()
    {
        ["name"] = submodule.Name,
        ["tee"] = submodule.Tee,
        ["status"] = submodule.Status.ToString().ToLowerInvariant(),
        ["trust-vector"] = submodule.Vector.ToJson(),
        ["policy"] = string.Join(", ", submodule.Policies.Select(policy => policy.Policy.Id)),
        ["policy-digest"] = string.Join(", ", submodule.Policies.Select(policy => policy.Policy.Digest)),
        ["findings"] = new JsonArray([.. submodule.Findings.Select(Finding)]),
    };

    private static JsonObject Finding(AppraisalFinding finding) => new()
    {
        ["trust-claim"] = finding.TrustClaim,
        ["subject"] = finding.Subject,
        ["found"] = finding.Found,
        ["reference-value"] = finding.Reference,
        ["allowed"] = finding.Allowed,
        ["rule"] = finding.Rule,
        ["explanation"] = finding.Explanation,
        ["text"] = finding.ToString(),
    };
}

public enum AttemptKind
{
    /// <summary>The evidence is not to be believed, or policy could not decide: no token.</summary>
    EvidenceRefused,

    /// <summary>The evidence is genuine, but policy does not affirm it: a token that opens nothing by default.</summary>
    NotAffirming,

    /// <summary>An attested guest asked for something its policy does not give it.</summary>
    ReleaseDenied,

    /// <summary>It may have what it asked for, but where that is kept did not give it.</summary>
    ReleaseFailed,
}
