using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;
using Nacre.Attestation.Policies;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Tokens;
using Nacre.Evidence;
using Nacre.Evidence.Protocol;
using Nacre.Rego;
using Nacre.Storage;
using Nacre.Verifiers;

namespace Nacre.Attestation;

/// <summary>
/// Evidence in, claims for a token out: verify, transform, appraise (trust.md 3.4). All or nothing: one piece of evidence that is not to be
/// believed means no token.
/// </summary>
public sealed class AttestationService : IDisposable
{
    private readonly FrozenDictionary<string, IEvidenceVerifier> _verifiers;
    private readonly AttestationServiceOptions _options;
    private readonly TimeProvider _clock;

    private AttestationService(
        IEnumerable<IEvidenceVerifier> verifiers, PolicyStore<AttestationPolicy> policies, ReferenceValueStore references,
        TokenSigner signer, AttestationServiceOptions options, TimeProvider clock)
    {
        _verifiers = verifiers.ToFrozenDictionary(verifier => verifier.Tee);
        (Policies, References, Signer, _options, _clock) = (policies, references, signer, options, clock);
    }

    public PolicyStore<AttestationPolicy> Policies { get; }

    public ReferenceValueStore References { get; }

    /// <summary>Whose signatures are believed on documents that bring reference values.</summary>
    public ReferenceValueTrust ReferenceTrust => _options.ReferenceTrust;

    public TokenSigner Signer { get; }

    /// <summary>Policies are changed by the key broker's administrators together, and by nobody else.</summary>
    public bool PoliciesNeedApproval => _options.PoliciesNeedApproval;

    /// <summary>Wire names of the TEEs whose evidence is taken.</summary>
    public IEnumerable<string> Tees => _verifiers.Keys;

    /// <summary>Makes the signing key and the default policies when the store has none yet.</summary>
    public static async Task<AttestationService> OpenAsync(
        IKeyValueStore store, IEnumerable<IEvidenceVerifier> verifiers, AttestationServiceOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var policies = new PolicyStore<AttestationPolicy>(store, "attestation_service_policy", "", AttestationPolicy.Compile);
        await policies.SetDefaultsAsync(DefaultPolicies.All, clock.GetUtcNow(), cancel);
        return new AttestationService(
            verifiers, policies, new ReferenceValueStore(store, clock), await TokenSigner.OpenAsync(store, options.Tokens, clock, cancel), options, clock);
    }

    public bool Takes(string tee) => _verifiers.ContainsKey(tee);

    /// <summary>Never throws for what the evidence contains.</summary>
    public async Task<AttestationOutcome> AttestAsync(AttestationSubmission submission, CancellationToken cancel)
    {
        var at = _clock.GetUtcNow();
        var reports = new List<EvidenceReport>();
        var verified = new List<(VerifiedClaims Claims, SubmittedEvidence Evidence)>();
        var references = await References.SnapshotAsync(cancel);
        foreach (var evidence in submission.Evidence)
        {
            if (!_verifiers.TryGetValue(evidence.Tee, out var verifier))
                return new NotAttested(reports, $"evidence of '{evidence.Tee}' is not taken here; this server takes {string.Join(", ", Tees.Order())}");

            var verdict = await verifier.VerifyAsync(
                new EvidenceSubmission
                {
                    Evidence = evidence.Evidence,
                    At = at,
                    ReportData = evidence.ReportData,
                    InitDataDigest = evidence.InitDataDigest,
                    Endorsement = evidence.Endorsement
                        ?? (evidence.Tee == TeeNames.Tpm ? EnrolledKeys.Find(evidence.Evidence, references, at) : null),
                },
                cancel);
            reports.Add(new EvidenceReport(evidence.Tee, verdict.Checks));
            if (verdict is not Verified believed)
                return new NotAttested(reports, Reason(evidence.Tee, verdict));

            verified.AddRange(believed.Claims.Select(claims => (claims, evidence)));
        }

        if (verified.Count == 0 || verified[0].Claims.TeeClass != "cpu")
            return new NotAttested(reports, "the primary evidence must be that of a CPU TEE or a TPM; a device cannot speak for a machine");

        return await AppraiseAsync(submission.PolicySet ?? _options.PolicySet, verified, reports, references, at, cancel);
    }

    public void Dispose()
    {
        Policies.Dispose();
        References.Dispose();
        Signer.Dispose();
    }

    private async Task<AttestationOutcome> AppraiseAsync(
        string policySet, List<(VerifiedClaims Claims, SubmittedEvidence Evidence)> verified, List<EvidenceReport> reports,
        ReferenceValueSnapshot references, DateTimeOffset at, CancellationToken cancel)
    {
        var counters = new Dictionary<string, int>();
        var submodules = new List<SubmoduleAppraisal>();
        foreach (var (claims, evidence) in verified)
        {
            var id = $"{policySet}_{claims.TeeClass}";
            if (await Policies.FindAsync(id, cancel) is not { } policy)
                return new NotAttested(reports, $"there is no attestation policy '{id}' for a TEE of class {claims.TeeClass}; set one");

            var index = counters.GetValueOrDefault(claims.TeeClass);
            counters[claims.TeeClass] = index + 1;
            var document = ClaimsDocument.Create(claims, evidence);
            try
            {
                submodules.Add(Appraise(
                    $"{claims.TeeClass}{index}", claims.Tee, policySet, document, policy.Compiled, new ReferenceQuery(references, at), cancel));
            }
            catch (Exception e) when (e is RegoException or PolicyResultException)
            {
                return new NotAttested(reports, $"the attestation policy could not decide: {e.Message}");
            }
        }

        return new Attested(reports, EarToken.Claims(submodules, at, _options.Tokens), submodules);
    }

    private static SubmoduleAppraisal Appraise(
        string name, string tee, string policySet, JsonObject document, AttestationPolicy policy, ReferenceQuery references,
        CancellationToken cancel)
    {
        var input = RegoValue.Parse(JsonText.Utf8(document));
        var decision = policy.Evaluate(input, references, cancel);
        return new SubmoduleAppraisal
        {
            Name = name,
            Tee = tee,
            Policy = policy.Document,
            PolicySet = policySet,
            Vector = decision.Vector,
            Extensions = decision.Extensions,
            Claims = document,
            Findings = Findings.Create(tee, document, policy, decision.Vector, input, references, cancel),
        };
    }

    private static string Reason(string tee, Verdict verdict)
    {
        var failed = verdict.Checks.FirstOrDefault(check => check.Outcome == CheckOutcome.Failed);
        return failed is null ? $"the evidence of '{tee}' says nothing" : failed.ToString();
    }
}

/// <summary>How evidence is appraised and tokens are made.</summary>
public sealed record AttestationServiceOptions
{
    /// <summary>Whose signatures are believed on documents that bring reference values.</summary>
    public ReferenceValues.ReferenceValueTrust ReferenceTrust { get; init; } = ReferenceValues.ReferenceValueTrust.None;

    /// <summary>The policies used are this with an underscore and the class of the TEE.</summary>
    public string PolicySet { get; init; } = "default";

    public TokenOptions Tokens { get; init; } = new();

    /// <summary>Other programs, which call the services, may not set policies.</summary>
    public bool PoliciesNeedApproval { get; init; }
}
