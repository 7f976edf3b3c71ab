using System.Text.Json.Nodes;

namespace Nacre.Attestation.Remote;

/// <summary>Where a token has the public key of the guest, by who made the token (trust.md 2.9); paths are JSON pointers (RFC 6901).</summary>
public static class TeeKeyPaths
{
    private static readonly string[] s_known =
    [
        "/tdx/attester_runtime_data/tee-pubkey",
        "/tdx/attester_user_data/tee-pubkey",
        "/customized_claims/runtime_data/tee-pubkey",
        "/submods/cpu0/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey",
        "/tee-pubkey",
    ];

    /// <summary>Whether a text is a pointer to a member.</summary>
    public static bool IsPath(string path) => path.Length is > 1 and <= 1024 && path[0] == '/';

    /// <summary>The key, and the object it stands in, where it is found first; null when it is nowhere.</summary>
    /// <param name="claims">Of a token that is believed.</param>
    /// <param name="extra">Looked at before the known places.</param>
    public static (JsonNode Key, JsonObject Parent)? Find(JsonObject claims, IReadOnlyList<string> extra)
    {
        foreach (var path in extra.Concat(s_known))
        {
            if (Find(claims, path) is { } found)
                return found;
        }

        return null;
    }

    private static (JsonNode Key, JsonObject Parent)? Find(JsonObject claims, string path)
    {
        JsonNode? node = claims;
        JsonObject? parent = null;
        foreach (var part in path.Split('/').Skip(1))
        {
            parent = node as JsonObject;
            node = parent?[part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)];
        }

        return node is null || parent is null ? null : (node, parent);
    }
}
