using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;
using Nacre.Rego;

namespace Nacre.Attestation.Policies;

/// <summary>
/// What <c>data.policy.extensions</c> gives: an array of <c>{name, key, value}</c> (trust.md 3.7). Names become members of the submodule; keys
/// are for the CBOR form, whose numbers 1 and 4 mean <c>iss</c> and <c>exp</c>. A policy must not overwrite what the service says.
/// </summary>
internal static class PolicyExtensions
{
    private const int MaxExtensions = 64;
    private static readonly int[] s_reservedKeys = [1, 4];

    private static readonly string[] s_reservedNames =
    [
        "ear.status", "ear.trustworthiness-vector", "ear.appraisal-policy-id", "ear.nacre.appraisal-policy",
        "ear.nacre.appraisal-policy-digest", "ear.nacre.appraisal-policies", "ear.veraison.annotated-evidence",
    ];

    /// <summary>Those of several policies. What two of them say must be the same: neither may overrule the other.</summary>
    /// <exception cref="PolicyResultException">Two policies give different values under one name.</exception>
    public static IReadOnlyList<KeyValuePair<string, JsonNode?>> Join(IReadOnlyList<PolicyAppraisal> appraisals)
    {
        var joined = new List<KeyValuePair<string, JsonNode?>>();
        foreach (var appraisal in appraisals)
        {
            foreach (var extension in appraisal.Extensions)
            {
                var same = joined.FindIndex(other => other.Key == extension.Key);
                if (same < 0)
                    joined.Add(extension);
                else if (!JsonNode.DeepEquals(joined[same].Value, extension.Value))
                    throw new PolicyResultException(appraisal.Policy, $"the extension '{extension.Key}' is another than that of a policy before it");
            }
        }

        return joined;
    }

    /// <exception cref="PolicyResultException">It is no such array.</exception>
    public static IReadOnlyList<KeyValuePair<string, JsonNode?>> Parse(PolicyDocument policy, RegoValue? value)
    {
        if (value is null or RegoArray { Count: 0 })
            return [];
        if (JsonNode.Parse(value.ToJson()) is not JsonArray { Count: <= MaxExtensions } array)
            throw new PolicyResultException(policy, $"extensions must be an array of at most {MaxExtensions}");

        var keys = new HashSet<int>(s_reservedKeys);
        var names = new HashSet<string>(s_reservedNames);
        var extensions = new List<KeyValuePair<string, JsonNode?>>();
        foreach (var item in array)
        {
            if (item is not JsonObject extension || extension["name"] is not JsonValue name || !name.TryGetValue<string>(out var text)
                || extension["key"] is not JsonValue key || !key.TryGetValue<int>(out var number))
                throw new PolicyResultException(policy, "an extension must be an object with name, key (a 32-bit number) and value");
            if (!names.Add(text))
                throw new PolicyResultException(policy, $"the name '{text}' of an extension is taken");
            if (!keys.Add(number))
                throw new PolicyResultException(policy, $"the key {number} of the extension '{text}' is taken");

            extensions.Add(KeyValuePair.Create(text, extension["value"]));
        }

        return extensions;
    }
}
