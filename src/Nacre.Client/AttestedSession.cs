using System.Text.Json;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Client;

/// <summary>What a successful handshake leaves: the token, the session, and the key that secrets are encrypted to.</summary>
public sealed class AttestedSession : IDisposable
{
    // A token that is about to expire would be refused on its way.
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(30);

    private readonly DateTimeOffset _notBefore;

    private AttestedSession(string token, KbsCredential credential, JweKeyPair key, DateTimeOffset notBefore, DateTimeOffset expires) =>
        (Token, Credential, Key, _notBefore, Expires) = (token, credential, key, notBefore, expires);

    /// <summary>The attestation token, a JWT. Whoever holds it and the key can fetch what this guest may fetch.</summary>
    public string Token { get; }

    public KbsCredential Credential { get; }

    public JweKeyPair Key { get; }

    public DateTimeOffset Expires { get; }

    public bool IsUsable(DateTimeOffset at) => at >= _notBefore && at < Expires - s_margin;

    /// <summary>Passport mode: a token that was obtained elsewhere, with its key.</summary>
    public static AttestedSession FromToken(string token, JweKeyPair key) => Create(token, KbsCredential.Bearer(token), key);

    internal static AttestedSession FromHandshake(string token, string cookie, JweKeyPair key) =>
        Create(token, KbsCredential.Session(cookie), key);

    public override string ToString() => $"attested until {Expires:O}";

    public void Dispose() => Key.Dispose();

    // The guest reads the times and nothing else; whether the token is genuine is for those to say who rely on it.
    private static AttestedSession Create(string token, KbsCredential credential, JweKeyPair key)
    {
        try
        {
            using var claims = StrictJson.Parse(JsonWebToken.Parse(token).Payload, "token", KbsProtocol.MaxMessageBytes);
            var fields = new JsonFields("token", claims.RootElement);
            var notBefore = fields.Find("nbf") is { } nbf ? Time(fields, "nbf", nbf) : DateTimeOffset.UnixEpoch;
            return new AttestedSession(token, credential, key, notBefore, Time(fields, "exp", fields.Any("exp")));
        }
        catch (MalformedDataException e)
        {
            throw new KbsException(KbsFailure.Protocol, $"the token cannot be read: {e.Message}", e);
        }
    }

    private static DateTimeOffset Time(JsonFields fields, string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and < 253_402_300_800
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : throw fields.Malformed(name, "must be a number of seconds since 1970");
}
