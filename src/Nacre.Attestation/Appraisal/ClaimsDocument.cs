using System.Text.Json.Nodes;
using Nacre.Verifiers;

namespace Nacre.Attestation.Appraisal;

/// <summary>
/// The claims of one device as policies see them and as the token carries them (trust.md 3.4). Runtime data and init-data are added only
/// where the verifier says that the evidence binds them.
/// </summary>
internal static class ClaimsDocument
{
    public static JsonObject Create(VerifiedClaims verified, SubmittedEvidence submitted)
    {
        var claims = (JsonObject)verified.Claims.DeepClone();
        var document = new JsonObject();
        if (claims["init_data"] is { } digest)
        {
            claims.Remove("init_data");
            document["init_data"] = digest;
            document["init_data_claims"] = submitted.InitData?.Claims();
        }

        if (claims["report_data"] is { } reportData)
        {
            claims.Remove("report_data");
            document["report_data"] = reportData;
            document["runtime_data_claims"] = RuntimeClaims(submitted);
        }

        document[verified.Tee] = claims;
        return document;
    }

    // The evidence of devices is bound by the digest; it is never put into a token (trust.md 9.3).
    private static JsonObject? RuntimeClaims(SubmittedEvidence submitted)
    {
        var claims = submitted.RuntimeClaims?.DeepClone() as JsonObject;
        claims?.Remove("additional-evidence");
        return claims;
    }
}
