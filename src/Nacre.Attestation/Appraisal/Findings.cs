using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Rego;

namespace Nacre.Attestation.Appraisal;

/// <summary>Says why a trust vector is not affirming: each register or claim that differs, with what was expected, and the policy's line.</summary>
internal static class Findings
{
    private const int MaxAllowedLength = 2048;

    public static IReadOnlyList<AppraisalFinding> Create(
        string tee, JsonObject claims, AttestationPolicy policy, TrustVector vector, RegoValue input, ReferenceQuery references, CancellationToken cancel)
    {
        if (vector.Status == TrustTier.Affirming)
            return [];

        var findings = new List<AppraisalFinding>();
        foreach (var (name, value) in vector.Claims)
        {
            // 0 asserts nothing; it only matters when nothing at all is asserted.
            if (TrustVector.TierOf(value) is TrustTier.Affirming || (TrustVector.TierOf(value) == TrustTier.None && vector.Status != TrustTier.None))
                continue;

            var explanation = policy.Explain(name, input, references, cancel);
            var decisive = Decisive(explanation.Rules, tee);
            var rule = decisive?.Failed is { } failed ? $"{failed.File}:{failed.Line}" : policy.Document.FileName;
            var differences = name == "executables" && tee == "tpm" ? TpmRegisters(name, claims, references, rule) : [];
            if (differences.Count > 0)
                findings.AddRange(differences);
            else
                findings.Add(new AppraisalFinding(name, null, null, null, null, rule, decisive is null ? explanation.Summary : Story(decisive)));
            if (vector.Status == TrustTier.None)
                break;
        }

        return findings;
    }

    /// <summary>Registers whose reference value was asked for and does not allow what the quote says.</summary>
    private static List<AppraisalFinding> TpmRegisters(string trustClaim, JsonObject claims, ReferenceQuery references, string rule)
    {
        var findings = new List<AppraisalFinding>();
        foreach (var (name, found) in claims["tpm"] as JsonObject ?? [])
        {
            var reference = $"tpm_{name}";
            if (!name.StartsWith("pcr", StringComparison.Ordinal) || !IsRequired(name, reference, references))
                continue;

            var text = found is JsonValue value && value.TryGetValue<string>(out var hex) ? hex : found?.ToJsonString() ?? "null";
            if (references.Find(reference) is not { } allowed)
                findings.Add(new AppraisalFinding(trustClaim, $"tpm.{name}", Hex(text), reference, null, rule));
            else if (!Contains(allowed.Value, text))
                findings.Add(new AppraisalFinding(trustClaim, $"tpm.{name}", Hex(text), reference, Describe(allowed.Value), rule));
        }

        return findings;
    }

    // Evaluation stops at the first register that differs, so what was asked is not all; the list of required ones is.
    private static bool IsRequired(string name, string reference, ReferenceQuery references)
    {
        if (references.Asked.Contains(reference))
            return true;
        if (!references.Asked.Contains("tpm_pcrs_required") || !int.TryParse(name.AsSpan(3), out var index))
            return false;

        return references.Find("tpm_pcrs_required") is { Value: JsonArray { Count: > 0 } required }
            ? required.Any(item => item is JsonValue number && number.TryGetValue<int>(out var wanted) && wanted == index)
            : s_requiredByDefault.Contains(index);
    }

    private static readonly int[] s_requiredByDefault = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14];

    private static bool Contains(JsonNode? allowed, string found) =>
        allowed is JsonArray array && array.Any(item => item is JsonValue value && value.TryGetValue<string>(out var text) && text == found);

    private static string Describe(JsonNode? allowed)
    {
        var text = allowed is JsonArray { Count: > 0 } array && array.All(item => item is JsonValue value && value.TryGetValue<string>(out _))
            ? string.Join(" or ", array.Select(item => Hex((string)item!)))
            : allowed?.ToJsonString() ?? "null";
        return text.Length <= MaxAllowedLength ? text : text[..MaxAllowedLength] + "…";
    }

    private static string Hex(string text) => text.Length > 0 && text.All(char.IsAsciiHexDigit) ? $"0x{text}" : text;

    // A policy has rules for many TEEs; those that speak of this one come first, and of them the one that got furthest.
    private static ExplainedRule? Decisive(IReadOnlyList<ExplainedRule> rules, string tee)
    {
        var claim = $"input.{tee}";
        return rules.Where(rule => rule is { Outcome: RuleOutcome.Failed, Failed: not null })
            .MaxBy(rule => (rule.Failed!.Text.Contains(claim, StringComparison.Ordinal), rule.Failed.Line - rule.Line));
    }

    private static string Story(ExplainedRule rule)
    {
        var story = rule.Failed!.ToString();
        foreach (var below in rule.Below.Where(below => below.Failed is not null).Take(1))
            story += $" because {Story(below)}";
        return story.Length <= MaxAllowedLength ? story : story[..MaxAllowedLength] + "…";
    }
}
