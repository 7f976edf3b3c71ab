using System.Text.Json.Nodes;
using Nacre.Attestation;

namespace Nacre.KeyBroker.Backends;

/// <summary>The attestation tokens that guests of this key broker carry, and what their sessions keep of them.</summary>
public interface IGuestTokens
{
    /// <summary>What a session keeps, so that the claims and the token can be had again.</summary>
    JsonObject Keep(Attested attested);

    /// <summary>The claims of a session; null when it was kept by a server that was set up otherwise.</summary>
    JsonObject? ClaimsOf(JsonObject kept);

    ValueTask<string> TokenOfAsync(JsonObject kept, CancellationToken cancel);

    /// <summary>The claims of a token that is believed and valid at <paramref name="at"/>; otherwise null and why.</summary>
    ValueTask<(JsonObject? Claims, string Problem)> VerifyAsync(string token, DateTimeOffset at, CancellationToken cancel);
}
