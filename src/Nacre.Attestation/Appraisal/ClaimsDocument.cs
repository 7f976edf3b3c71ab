using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Verifiers;

namespace Nacre.Attestation.Appraisal;

/// <summary>
/// The claims of one device as policies see them and as the token carries them (trust.md 3.4). Runtime data and init-data are added only
/// where the verifier says that the evidence binds them.
/// </summary>
internal static class ClaimsDocument
{
    public static JsonObject Create(VerifiedClaims verified, RuntimeData? runtimeData, InitData? initData)
    {
        var claims = (JsonObject)verified.Claims.DeepClone();
        var document = new JsonObject();
        if (claims["init_data"] is { } digest)
        {
            claims.Remove("init_data");
            document["init_data"] = digest;
            document["init_data_claims"] = initData?.Claims();
        }

        if (claims["report_data"] is { } reportData)
        {
            claims.Remove("report_data");
            document["report_data"] = reportData;
            document["runtime_data_claims"] = runtimeData?.ToJson();
        }

        document[verified.Tee] = claims;
        return document;
    }
}
