using System.Text.Json.Nodes;

namespace Nacre.Attestation.Remote;

/// <summary>Where a token has the public key of the guest, by who made the token (trust.md 2.9); paths are JSON pointers (RFC 6901).</summary>
public static class TeeKeyPaths
{
    private static readonly string[][] s_known =
    [
        Parts("/tdx/attester_runtime_data/tee-pubkey"),
        Parts("/tdx/attester_user_data/tee-pubkey"),
        Parts("/customized_claims/runtime_data/tee-pubkey"),
        Parts("/submods/cpu0/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey"),
        Parts("/tee-pubkey"),
    ];

    /// <summary>Whether a text is a pointer to a member.</summary>
    public static bool IsPath(string path) => path.Length is > 1 and <= 1024 && path[0] == '/';

    /// <summary>The key, and the object it stands in, where it is found first; null when it is nowhere.</summary>
    /// <param name="claims">Of a token that is believed.</param>
    /// <param name="extra">Looked at before the known places.</param>
    public static (JsonNode Key, JsonObject Parent)? Find(JsonObject claims, IReadOnlyList<string> extra)
    {
        foreach (var path in extra)
        {
            if (Find(claims, Parts(path)) is { } found)
                return found;
        }

        foreach (var parts in s_known)
        {
            if (Find(claims, parts) is { } found)
                return found;
        }

        return null;
    }

    private static string[] Parts(string path) =>
        [.. path.Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static (JsonNode Key, JsonObject Parent)? Find(JsonObject claims, string[] parts)
    {
        JsonNode? node = claims;
        JsonObject? parent = null;
        foreach (var part in parts)
        {
            parent = node as JsonObject;
            node = parent?[part];
        }

        return node is null || parent is null ? null : (node, parent);
    }
}
