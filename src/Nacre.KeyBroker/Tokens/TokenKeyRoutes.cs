using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Tokens;

/// <summary>
/// The keys of attestation tokens: public for relying parties (RFC 7517, OpenID Connect Discovery 1.0), and their rotation for the
/// administrator.
/// </summary>
public sealed class TokenKeyRoutes(TokenSigner signer)
{
    private const string SetPath = ".well-known/jwks.json";

    public IEnumerable<Route> Create()
    {
        yield return new("GET", SetPath, Access.Public, async (_, cancel) => KbsReply.Of(await signer.KeySetAsync(cancel)));
        yield return new("GET", ".well-known/openid-configuration", Access.Public, DiscoverAsync);
        yield return new("GET", "kbs/v0/admin/token-keys", Access.View, ListAsync);
        yield return new("POST", "kbs/v0/admin/token-keys", Access.Administer, RotateAsync);
        yield return new("DELETE", "kbs/v0/admin/token-keys/{kid}", Access.Administer, DropAsync);
    }

    // The members that section 3 of the discovery specification requires of one that only signs tokens.
    private async ValueTask<KbsReply> DiscoverAsync(KbsCall call, CancellationToken cancel)
    {
        var issuer = signer.Options.Issuer;
        var origin = issuer.StartsWith("https://", StringComparison.Ordinal) ? issuer.TrimEnd('/') : call.Origin;
        return KbsReply.Of(new JsonObject
        {
            ["issuer"] = issuer,
            ["jwks_uri"] = $"{origin}/{SetPath}",
            ["response_types_supported"] = new JsonArray("id_token"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] =
                new JsonArray([.. (await signer.AlgorithmsAsync(cancel)).Select(algorithm => (JsonNode)algorithm)]),
        });
    }

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) =>
        KbsReply.Of(new JsonObject { ["keys"] = await signer.DescribeAsync(cancel) });

    private async ValueTask<KbsReply> RotateAsync(KbsCall call, CancellationToken cancel)
    {
        if (signer.Options.Key is not null)
            throw new KbsProblemException(409, ErrorTypes.Conflict, "the key of tokens is given to the server as a file: replace the file and start again");

        await signer.RotateAsync(cancel);
        return await ListAsync(call, cancel);
    }

    private async ValueTask<KbsReply> DropAsync(KbsCall call, CancellationToken cancel) => await signer.DropAsync(call["kid"], cancel)
        ? KbsReply.Empty
        : throw new KbsProblemException(409, ErrorTypes.Conflict, $"there is no key '{call["kid"]}', or it is the one that signs; rotate first");
}
