using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Backends;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Sessions;

/// <summary>Who is asking: the claims of the guest's session (background check) or of its token (passport) (trust.md 1.8).</summary>
public sealed class GuestSessions(SessionSealer sealer, SessionClaims sessions, IGuestTokens tokens, TimeProvider clock)
{
    /// <exception cref="KbsProblemException">401 when neither is good.</exception>
    public async ValueTask<JsonObject> RequireAsync(KbsCall call, CancellationToken cancel)
    {
        if (call.SessionCookie is { } cookie && await FindAsync(cookie, cancel) is { } claims)
            return Name(call, claims);

        if (call.Bearer is { } token)
        {
            var (tokenClaims, problem) = await tokens.VerifyAsync(token, clock.GetUtcNow(), cancel);
            return tokenClaims is not null ? Name(call, tokenClaims)
                : throw new KbsProblemException(401, ErrorTypes.TokenVerifierError, $"Token Verifier error: {problem}");
        }

        throw new KbsProblemException(401, ErrorTypes.TokenNotFound, "Attestation Token not found"
            + (call.SessionCookie is null ? "" : ": the session is not attested, not known, or has expired"));
    }

    private static JsonObject Name(KbsCall call, JsonObject claims)
    {
        call.Subject.Name = $"guest {(claims["jti"] is JsonValue value && value.TryGetValue<string>(out var id) ? id : "without an id")}";
        return claims;
    }

    private async ValueTask<JsonObject?> FindAsync(string cookie, CancellationToken cancel)
    {
        try
        {
            return sealer.Open(cookie) is { } bytes && SessionState.Parse(bytes) is AttestedState session && clock.GetUtcNow() < session.Expires
                && await sessions.ReadAsync(session, cancel) is { } kept ? tokens.ClaimsOf(kept) : null;
        }
        catch (MalformedDataException)
        {
            // Sealed by another version of this server; as good as none.
            return null;
        }
    }
}
