using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Remote;

namespace Nacre.KeyBroker.Backends;

/// <summary>Tokens that a service elsewhere signed: sessions keep the token itself.</summary>
internal sealed class GivenTokens(TokenTrust trust) : IGuestTokens
{
    private const string Member = "token";

    public JsonObject Keep(Attested attested) =>
        new() { [Member] = attested.Token ?? throw new ArgumentException("has no token", nameof(attested)) };

    // It was believed before it was kept, and what is kept is sealed.
    public JsonObject? ClaimsOf(JsonObject kept) => kept[Member] is { } token ? TokenTrust.Reread((string)token!) : null;

    public ValueTask<string> TokenOfAsync(JsonObject kept, CancellationToken cancel) => ValueTask.FromResult((string)kept[Member]!);

    public ValueTask<(JsonObject? Claims, string Problem)> VerifyAsync(string token, DateTimeOffset at, CancellationToken cancel) =>
        trust.VerifyAsync(token, at, cancel);
}
