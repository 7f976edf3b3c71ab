using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.HygonDcu;
using Nacre.Verifiers.Nitro;
using Nacre.Verifiers.Nvidia;
using Nacre.Verifiers.Sample;
using Nacre.Verifiers.Se;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Schemas;

/// <summary>JSON schemas (draft 7) of what verifiers say and of what policies see. Each call makes a document of its own.</summary>
public static class ClaimsSchemas
{
    private const string Draft = "http://json-schema.org/draft-07/schema#";
    private const string ReportData = "report_data";
    private const string InitData = "init_data";

    /// <summary>The claims of one TEE, as <see cref="VerifiedClaims.Claims"/> has them. Members that are not listed do not occur.</summary>
    /// <exception cref="ArgumentException">No verifier of this build has that name (<see cref="TeeNames.All"/>).</exception>
    public static JsonObject For(string tee)
    {
        var schema = Claims(tee);
        schema.Insert(0, "$schema", Draft);
        schema.Insert(1, "title", $"Claims of {tee}");
        return schema;
    }

    /// <summary>
    /// What an attestation policy sees as <c>input</c> (trust.md 3.4): the claims under the name of their TEE, and beside them what the
    /// evidence binds. With names of TEEs, only those may occur.
    /// </summary>
    /// <exception cref="ArgumentException">As above.</exception>
    public static JsonObject Input(params IReadOnlyList<string> tees)
    {
        ArgumentNullException.ThrowIfNull(tees);
        var schema = Evidence(tees.Count == 0 ? TeeNames.All : tees);
        schema.Insert(0, "$schema", Draft);
        schema.Insert(1, "title", "Input of attestation policies");
        return schema;
    }

    /// <summary>What a resource policy sees as <c>input</c> (trust.md 2.8, 3.5): the payload of the attestation token.</summary>
    public static JsonObject Token()
    {
        var schema = TokenSchema.Create(Evidence(TeeNames.All));
        schema.Insert(0, "$schema", Draft);
        schema.Insert(1, "title", "Input of resource policies");
        return schema;
    }

    private static JsonObject Claims(string tee) => tee switch
    {
        TeeNames.Snp => SnpClaimList.All.Schema(),
        TeeNames.Tdx => TdxClaimList.All.Schema(),
        TeeNames.Sgx => SgxClaimList.All.Schema(),
        TeeNames.AzSnpVtpm => AzSnpVtpmClaims.All.Schema(),
        TeeNames.AzTdxVtpm => AzTdxVtpmClaims.All.Schema(),
        TeeNames.Tpm => TpmClaimList.All.Schema(),
        TeeNames.Cca => CcaClaims.All.Schema(),
        TeeNames.Csv => CsvClaims.All.Schema(),
        TeeNames.Se => SeClaims.All.Schema(),
        TeeNames.Nitro => NitroClaims.All.Schema(),
        TeeNames.Nvidia => NvidiaClaimList.Schema(),
        TeeNames.HygonDcu => HygonDcuClaims.All.Schema(),
        TeeNames.SampleDevice => SampleDeviceClaims.All.Schema(),
        TeeNames.Sample => SampleClaims.All.Schema(),
        _ => throw new ArgumentException($"'{tee}' has no claims here; known are {string.Join(", ", TeeNames.All)}", nameof(tee)),
    };

    private static JsonObject Evidence(IReadOnlyList<string> tees) => ObjectType(
        "One device: its claims under the name of its TEE.",
        [
            Text(InitData, "What the evidence says of the init data, in the form that the TEE's claims have it.").Optional(),
            Any("init_data_claims", "The files of the init data, parsed, and agent_policy_claims; null when the guest sent none.").Optional(),
            Text(ReportData, "What the evidence commits to, in the form that the TEE's claims have it.").Optional(),
            RuntimeData().Optional(),
            .. tees.Select(tee => new ClaimSchema(tee, WithoutBindings(Claims(tee))).Optional()),
        ]);

    private static ClaimSchema RuntimeData() => Object(
        "runtime_data_claims", "What the guest sent with the evidence, which the report data binds.",
        Text("nonce", "The challenge."),
        Any("tee-pubkey", "The key that secrets are encrypted to, as JWK."));

    // They stand beside the claims.
    private static JsonObject WithoutBindings(JsonObject claims)
    {
        foreach (var name in (string[])[ReportData, InitData])
            claims["properties"]!.AsObject().Remove(name);
        if (claims["required"] is JsonArray required)
            required.RemoveAll(name => name!.GetValue<string>() is ReportData or InitData);
        return claims;
    }
}
