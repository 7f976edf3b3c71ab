using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Remote;

/// <summary>
/// Believes the token that a service elsewhere gave for a submission, or says why not: signed by who is trusted, still good, and about this
/// guest. Without the last a service, or who stands in its way, could give one guest the token of another.
/// </summary>
internal static class RemoteToken
{
    public static async ValueTask<AttestationOutcome> JudgeAsync(
        string token, AttestationSubmission submission, TokenTrust trust, DateTimeOffset at, CancellationToken cancel)
    {
        var (claims, problem) = await trust.VerifyAsync(token, at, cancel);
        if (claims is null)
            return new NotAttested([], $"the token of the attestation service is not believed: {problem}");
        return FindProblem(claims, submission.Evidence[0].RuntimeClaims, trust) is { } other
            ? new NotAttested([], $"the token of the attestation service is not about this guest: {other}")
            : new Attested([], claims, []) { Token = token };
    }

    private static string? FindProblem(JsonObject claims, JsonObject? submitted, TokenTrust trust)
    {
        if (submitted?["tee-pubkey"] is not { } expected || TeeKeyPaths.Find(claims, trust.ExtraKeyPaths) is not { } found)
            return "it names no public key of a guest";
        if (found.Parent["nonce"] is { } nonce && !JsonNode.DeepEquals(nonce, submitted["nonce"]))
            return "it has another nonce";

        try
        {
            return Thumbprint(found.Key) == Thumbprint(expected) ? null : "it names another public key";
        }
        catch (MalformedDataException e)
        {
            return e.Message;
        }
    }

    private static string Thumbprint(JsonNode key)
    {
        using var document = StrictJson.Parse(JsonText.Utf8(key), "token.tee-pubkey", KbsProtocol.MaxMessageBytes);
        return JsonWebKey.Parse(document.RootElement, "token.tee-pubkey").Thumbprint();
    }
}
