using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Remote;
using Nacre.Attestation.Tokens;

namespace Nacre.KeyBroker.Backends;

/// <summary>Tokens that this process signs whenever they are asked for: sessions keep the claims. Tokens of others only as trust says.</summary>
internal sealed class OwnTokens(TokenSigner signer, TokenTrust? others) : IGuestTokens
{
    public JsonObject Keep(Attested attested) => attested.Claims;

    public JsonObject? ClaimsOf(JsonObject kept) => kept.ContainsKey("submods") ? kept : null;

    public ValueTask<string> TokenOfAsync(JsonObject kept, CancellationToken cancel) => signer.SignAsync(kept, cancel);

    public async ValueTask<(JsonObject? Claims, string Problem)> VerifyAsync(string token, DateTimeOffset at, CancellationToken cancel)
    {
        var own = await signer.VerifyAsync(token, at, cancel);
        return own.Claims is null && others is not null ? await others.VerifyAsync(token, at, cancel) : own;
    }
}
