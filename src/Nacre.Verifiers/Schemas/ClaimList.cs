using System.Text.Json.Nodes;

namespace Nacre.Verifiers.Schemas;

/// <summary>All claims of one TEE, in the order in which they are written.</summary>
internal sealed class ClaimList<T>(string description, IReadOnlyList<Claim<T>> claims)
{
    public IReadOnlyList<Claim<T>> Claims => claims;

    /// <summary>Their JSON schema; a new object at each call.</summary>
    public JsonObject Schema() => ClaimSchema.ObjectType(description, claims.Select(claim => claim.Schema()));

    public JsonObject ToJson(T of) => Claim<T>.ToJson(claims, of);
}
