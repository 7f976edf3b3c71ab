using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;

namespace Nacre.Attestation.Tokens;

/// <summary>The claims of an EAR token as upstream's relying parties read them (trust.md 3.5), with <c>nbf</c>, <c>jti</c> and policy digests added.</summary>
internal static class EarToken
{
    public const string Issuer = "CoCo-Attestation-Service";
    private const string Profile = "tag:github.com,2024:confidential-containers/Trustee";
    private const string Developer = "https://confidentialcontainers.org";

    public static JsonObject Claims(IReadOnlyList<SubmoduleAppraisal> submodules, DateTimeOffset at, TimeSpan life)
    {
        var submods = new JsonObject();
        foreach (var submodule in submodules)
            submods[submodule.Name] = Submodule(submodule);

        return new JsonObject
        {
            ["eat_profile"] = Profile,
            ["iat"] = at.ToUnixTimeSeconds(),
            ["ear.verifier-id"] = new JsonObject { ["build"] = $"nacre {typeof(EarToken).Assembly.GetName().Version}", ["developer"] = Developer },
            ["submods"] = submods,
            ["exp"] = (at + life).ToUnixTimeSeconds(),
            ["iss"] = Issuer,
            ["nbf"] = at.ToUnixTimeSeconds(),
            ["jti"] = ReferenceId.Create(at),
        };
    }

    private static JsonObject Submodule(SubmoduleAppraisal submodule)
    {
        var json = new JsonObject
        {
            ["ear.status"] = submodule.Vector.Status.ToString().ToLowerInvariant(),
            ["ear.trustworthiness-vector"] = submodule.Vector.ToJson(),
            ["ear.appraisal-policy-id"] = submodule.PolicySet,
            ["ear.nacre.appraisal-policy-digest"] = submodule.Policy.Digest,
            ["ear.veraison.annotated-evidence"] = submodule.Claims.DeepClone(),
        };

        // A policy must not overwrite what the service says.
        foreach (var (name, value) in submodule.Extensions)
            json.TryAdd(name, value?.DeepClone());
        return json;
    }
}
