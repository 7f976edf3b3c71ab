using System.Text.Json.Nodes;

namespace Nacre.KeyBroker.Plugins;

/// <summary>What the owner handed the guest at its start, as far as the evidence of its primary TEE binds it (trust.md 2.2).</summary>
public static class InitDataClaims
{
    /// <summary>Null when there is none, or when the token leaves it out (<c>--token-form small</c>).</summary>
    public static JsonObject? Of(JsonObject claims) =>
        claims["submods"]?["cpu0"]?["ear.veraison.annotated-evidence"]?["init_data_claims"] as JsonObject;
}
