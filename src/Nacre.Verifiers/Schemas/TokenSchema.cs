using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Schemas;

/// <summary>The payload of an EAR token (trust.md 3.5).</summary>
internal static class TokenSchema
{
    private static readonly string[] s_trustClaims =
    [
        "instance-identity", "configuration", "executables", "file-system", "hardware", "runtime-opaque", "storage-opaque", "sourced-data",
    ];

    public static JsonObject Create(JsonObject evidence) => ObjectType(
        "The payload of the attestation token.",
        Text("eat_profile", "The profile of the token."),
        Integer("iat", "When it was issued, in seconds since 1970."),
        Integer("nbf", "From when on it is valid."),
        Integer("exp", "Until when it is valid."),
        Text("iss", "Who issued it."),
        Text("jti", "The identity of this token."),
        Object(
            "ear.verifier-id", "Which software appraised the evidence.",
            Text("build", "Name and version."), Text("developer", "Who makes it.")),
        Map("submods", "One member for each device: its class and a count, such as cpu0 or gpu1.", Submodule(evidence)));

    private static JsonObject Submodule(JsonObject evidence)
    {
        var type = ObjectType(
            "What became of the evidence of one device, and members that the policy added.",
            OneOf("ear.status", "The worst tier of the trust claims.", "none", "affirming", "warning", "contraindicated"),
            Object(
                "ear.trustworthiness-vector", "The trust claims of AR4SI, from -128 to 127.",
                s_trustClaims.Select(name => Integer(name, $"AR4SI {name}."))),
            Text("ear.appraisal-policy-id", "The first of the sets of policies."),
            Text("ear.nacre.appraisal-policy", "The first policy that was applied."),
            Text("ear.nacre.appraisal-policy-digest", "Its digest."),
            List(
                "ear.nacre.appraisal-policies", "Every policy that was applied.",
                ObjectType("One of them.", Text("id", "Its id."), Text("digest", "Its digest."), Text("status", "The worst tier it gave."))),
            new("ear.veraison.annotated-evidence", evidence));

        // A policy may add members of any name and type.
        type["additionalProperties"] = new JsonObject();
        return type;
    }
}
