using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;

namespace Nacre.Attestation.Tokens;

/// <summary>
/// The claims of an EAR token as upstream's relying parties read them (trust.md 3.5), with <c>nbf</c>, <c>jti</c>, <c>aud</c> when asked for,
/// and the policy that decided added.
/// </summary>
internal static class EarToken
{
    private static readonly string s_build = $"nacre {typeof(EarToken).Assembly.GetName().Version}";

    public static JsonObject Claims(IReadOnlyList<SubmoduleAppraisal> submodules, DateTimeOffset at, TokenOptions options)
    {
        var submods = new JsonObject();
        foreach (var submodule in submodules)
            submods[submodule.Name] = Submodule(submodule, options.Verbose);

        var claims = new JsonObject
        {
            ["eat_profile"] = options.Profile,
            ["iat"] = at.ToUnixTimeSeconds(),
            ["ear.verifier-id"] = new JsonObject { ["build"] = options.Build ?? s_build, ["developer"] = options.Developer },
            ["submods"] = submods,
            ["exp"] = (at + options.Life).ToUnixTimeSeconds(),
            ["iss"] = options.Issuer,
            ["nbf"] = at.ToUnixTimeSeconds(),
            ["jti"] = ReferenceId.OfRequest(at),
        };
        if (options.Audience is not null)
            claims["aud"] = options.Audience;
        return claims;
    }

    private static JsonObject Submodule(SubmoduleAppraisal submodule, bool verbose)
    {
        var json = new JsonObject
        {
            ["ear.status"] = submodule.Vector.Status.ToString().ToLowerInvariant(),
            ["ear.trustworthiness-vector"] = submodule.Vector.ToJson(),
            ["ear.appraisal-policy-id"] = submodule.PolicySet,
            ["ear.nacre.appraisal-policy"] = submodule.Policy.Id,
            ["ear.nacre.appraisal-policy-digest"] = submodule.Policy.Digest,
            ["ear.veraison.annotated-evidence"] = verbose ? submodule.Claims.DeepClone() : Small(submodule),
        };

        // AttestationPolicy takes no name that is here already.
        foreach (var (name, value) in submodule.Extensions)
            json[name] = value?.DeepClone();
        return json;
    }

    // What grows with a machine's software: its event log, and the files of the init-data, whose digest stays.
    private static JsonObject Small(SubmoduleAppraisal submodule)
    {
        var claims = (JsonObject)submodule.Claims.DeepClone();
        claims.Remove("init_data_claims");
        (claims[submodule.Tee] as JsonObject)?.Remove("uefi_event_logs");
        return claims;
    }
}
