using System.Text.Json.Nodes;

namespace Nacre.Verifiers;

/// <summary>The claims of one TEE, typed: <c>SnpClaims</c>, <c>TdxClaims</c>, … To be believed only in a <see cref="Verified"/>.</summary>
public interface IEvidenceClaims
{
    /// <summary>The same with upstream's names, as <see cref="Schemas.ClaimsSchemas.For"/> describes it; new at each call.</summary>
    JsonObject ToJson();
}
