using System.Text;
using Nacre.Attestation.Policies;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Resources;
using Nacre.Rego;
using Nacre.Storage.Upstream;

namespace Nacre.KeyBroker.Import;

/// <summary>
/// Values of upstream's, each looked at before any is taken: secrets have names, policies compile, reference values are such.
/// </summary>
internal sealed class ImportPlan
{
    private const string Suffix = ".rego";
    private readonly List<string> _problems = [];

    /// <summary>Secrets by path, and what has no other form.</summary>
    public List<UpstreamValue> Values { get; } = [];

    public List<PolicyDocument> AttestationPolicies { get; } = [];

    public List<PolicyDocument> ReleasePolicies { get; } = [];

    public List<ReferenceValue> References { get; } = [];

    /// <summary>What is not taken over, with the number of them, by namespace.</summary>
    public SortedDictionary<string, int> LeftOut { get; } = new(StringComparer.Ordinal);

    /// <exception cref="ImportException">Some cannot be taken: all of them are named.</exception>
    public static ImportPlan Create(IReadOnlyList<UpstreamValue> values)
    {
        var plan = new ImportPlan();
        foreach (var value in values)
            plan.Add(value);
        return plan._problems.Count == 0 ? plan : throw new ImportException(plan._problems);
    }

    private void Add(UpstreamValue value)
    {
        switch (value.Space)
        {
            case "repository":
                if (ResourceUri.TryParsePath(value.Key, out _, out var problem))
                    Values.Add(value);
                else
                    Problem(value, $"is no repository/type/tag: {problem}");
                break;
            case "provisioner":
                Values.Add(value);
                break;
            case "attestation_service_policy":
                AddPolicy(value, AttestationPolicies, PolicyDocument.IsId, policy => AttestationPolicy.Compile(policy));
                break;
            case "kbs":
                AddPolicy(value, ReleasePolicies, id => id == ReleasePolicy.Id, policy => ReleasePolicy.Compile(policy));
                break;
            case "reference_value":
                AddReference(value);
                break;
            case "kbs_protocol_session":
                LeftOut[value.Space] = LeftOut.GetValueOrDefault(value.Space) + 1;
                break;
            default:
                Problem(value, "is in a namespace that Trustee does not have; is it the right directory?");
                break;
        }
    }

    private void AddPolicy(UpstreamValue value, List<PolicyDocument> policies, Func<string, bool> isId, Action<PolicyDocument> compile)
    {
        var id = value.Key.EndsWith(Suffix, StringComparison.Ordinal) ? value.Key[..^Suffix.Length] : "";
        if (!isId(id))
        {
            Problem(value, "is no name of a policy");
            return;
        }

        try
        {
            var policy = new PolicyDocument(id, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value.Value));
            if (value.Value.Length > PolicyDocument.MaxBytes)
                Problem(value, $"is larger than {PolicyDocument.MaxBytes} bytes");
            compile(policy);
            policies.Add(policy);
        }
        catch (Exception e) when (e is RegoException or DecoderFallbackException)
        {
            Problem(value, $"does not compile: {e.Message}");
        }
    }

    private void AddReference(UpstreamValue value)
    {
        try
        {
            var reference = ReferenceValue.Parse(value.Value);
            if (reference.Name != value.Key)
                Problem(value, $"is under another name than it has: {reference.Name}");
            References.Add(reference);
        }
        catch (MalformedDataException e)
        {
            Problem(value, $"is no reference value: {e.Message}");
        }
    }

    private void Problem(UpstreamValue value, string rule) => _problems.Add($"{value.Place}: {value.Space} '{value.Key}' {rule}");
}
