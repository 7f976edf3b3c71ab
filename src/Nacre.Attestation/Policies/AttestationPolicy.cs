using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Protocol;
using Nacre.Rego;
using Nacre.Verifiers.Schemas;

namespace Nacre.Attestation.Policies;

/// <summary>
/// A compiled attestation policy (trust.md 3.7): <c>data.policy.trust_claims</c> gives the trust vector,
/// <c>data.policy.extensions</c> what is added to the token. Immutable and safe for concurrent use.
/// </summary>
public sealed class AttestationPolicy
{
    private static readonly Lazy<RegoValue> s_schema = new(() => RegoValue.Parse(JsonText.Utf8(ClaimsSchemas.Input())));

    private readonly RegoProgram _program;
    private readonly RegoQuery _trustClaims;
    private readonly RegoQuery _extensions;
    private readonly Dictionary<string, RegoQuery> _rules;

    private AttestationPolicy(PolicyDocument document, RegoProgram program)
    {
        (Document, _program) = (document, program);
        _trustClaims = program.Prepare("data.policy.trust_claims");
        _extensions = program.Prepare("data.policy.extensions");
        _rules = TrustVector.Names.ToDictionary(name => name, name => program.Prepare($"data.policy.{name.Replace('-', '_')}"));
    }

    public PolicyDocument Document { get; }

    /// <exception cref="RegoException">The text is no policy; the exception lists every error with file, line and column.</exception>
    public static AttestationPolicy Compile(PolicyDocument document) => new(
        document,
        RegoProgram.Compile(
            [new RegoSource(document.FileName, document.Text)], new RegoOptions { HostBuiltins = [ReferenceQuery.Builtin] }));

    /// <summary>References into the input that no verifier ever fills; most often a misspelt claim.</summary>
    public IReadOnlyList<RegoError> Warnings() => _program.CheckInput(s_schema.Value);

    /// <summary>What the policy makes of claims that were recorded, with the reference values of now.</summary>
    /// <exception cref="RegoException">The evaluation failed or hit a limit.</exception>
    /// <exception cref="PolicyResultException">The policy gave something that is no trust vector.</exception>
    public TrustVector Judge(JsonObject claims, ReferenceValueSnapshot references, DateTimeOffset at, CancellationToken cancel) =>
        Evaluate(RegoValue.Parse(JsonText.Utf8(claims)), new ReferenceQuery(references, at), cancel).Vector;

    /// <exception cref="RegoException">The evaluation failed or hit a limit.</exception>
    /// <exception cref="PolicyResultException">The policy gave something that is no trust vector.</exception>
    internal PolicyDecision Evaluate(RegoValue input, ReferenceQuery references, CancellationToken cancel)
    {
        var evaluation = new RegoInput { Input = input, State = references };
        return new PolicyDecision(Vector(_trustClaims.EvaluateValue(evaluation, cancel)), PolicyExtensions.Parse(Document, _extensions.EvaluateValue(evaluation, cancel)));
    }

    /// <summary>
    /// Why a trust claim has its value. Policies keep a rule named after the claim by custom; where there is none, the whole vector is explained.
    /// </summary>
    internal RegoExplanation Explain(string trustClaim, RegoValue input, ReferenceQuery references, CancellationToken cancel)
    {
        var evaluation = new RegoInput { Input = input, State = references };
        var explanation = _rules[trustClaim].Explain(evaluation, cancel);
        return explanation.Result is not null ? explanation : _trustClaims.Explain(evaluation, cancel);
    }

    // An absent rule asserts nothing: all eight are 0 (trust.md 3.7), which is not affirming.
    private TrustVector Vector(RegoValue? value)
    {
        var claims = new Dictionary<string, long>();
        if (value is null)
        {
            foreach (var name in TrustVector.Names)
                claims[name] = 0;
        }
        else
        {
            if (value is not RegoObject given)
                throw new PolicyResultException(Document, "trust_claims must be an object of numbers");
            foreach (var (name, claim) in given.Keys.Zip(given.Values))
            {
                claims[name is RegoString text ? text.Value : name.ToJson()] = claim is RegoNumber number && number.TryGetInt64(out var integer)
                    ? integer : throw new PolicyResultException(Document, $"trust claim {name.ToJson()} must be a whole number");
            }
        }

        return TrustVector.TryCreate(claims) ?? throw new PolicyResultException(
            Document, $"trust_claims must have names of {string.Join(", ", TrustVector.Names)} and values from -128 to 127");
    }
}

/// <summary>What a policy said of one claims document.</summary>
internal sealed record PolicyDecision(TrustVector Vector, IReadOnlyList<KeyValuePair<string, JsonNode?>> Extensions);

/// <summary>A policy compiled and ran, but what it gave cannot be used.</summary>
public sealed class PolicyResultException(PolicyDocument policy, string problem) : Exception($"policy {policy.FileName}: {problem}");
