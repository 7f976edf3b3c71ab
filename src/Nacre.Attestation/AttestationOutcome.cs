using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;
using Nacre.Verifiers;

namespace Nacre.Attestation;

/// <summary>The checks that were made on the evidence of one TEE.</summary>
public sealed record EvidenceReport(string Tee, IReadOnlyList<Check> Checks);

/// <summary>The closed result of an attestation.</summary>
public abstract class AttestationOutcome
{
    private protected AttestationOutcome(IReadOnlyList<EvidenceReport> reports) => Reports = reports;

    /// <summary>In the order of submission, as far as it was looked at.</summary>
    public IReadOnlyList<EvidenceReport> Reports { get; }
}

/// <summary>All evidence is genuine, fresh and bound. What policy thinks of it is in the token: it may well not be affirming.</summary>
public sealed class Attested : AttestationOutcome
{
    internal Attested(IReadOnlyList<EvidenceReport> reports, JsonObject claims, IReadOnlyList<SubmoduleAppraisal> submodules)
        : base(reports) => (Claims, Submodules) = (claims, submodules);

    /// <summary>The payload of the token.</summary>
    public JsonObject Claims { get; }

    /// <summary>The token itself when a service elsewhere signed it; null when this process does.</summary>
    public string? Token { get; internal init; }

    /// <summary>Until when the claims are good.</summary>
    public DateTimeOffset Expires => Remote.TokenTrust.Time(Claims, "exp") ?? throw new InvalidOperationException("claims without exp");

    public IReadOnlyList<SubmoduleAppraisal> Submodules { get; }

    /// <summary>Why it is not affirming; empty when it is.</summary>
    public IEnumerable<AppraisalFinding> Findings => Submodules.SelectMany(submodule => submodule.Findings);
}

/// <summary>No token. The reason is a failed check of the reports, or, when the policy could not decide, <see cref="Reason"/> itself.</summary>
public sealed class NotAttested : AttestationOutcome
{
    internal NotAttested(IReadOnlyList<EvidenceReport> reports, string reason)
        : base(reports) => Reason = reason;

    /// <summary>One line.</summary>
    public string Reason { get; }
}
