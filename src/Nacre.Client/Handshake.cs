using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Client;

/// <summary>The RCAR handshake: request, challenge, attestation, response (guest.md 2.1).</summary>
internal static class Handshake
{
    public static async Task<AttestedSession> RunAsync(
        KbsTransport transport, IEvidenceSource source, KbsClientOptions options, CancellationToken cancel)
    {
        // 1. Who is asking.
        var parameters = new JsonObject
        {
            ["supported-hash-algorithms"] = new JsonArray([.. HashNames.All.Select(name => (JsonNode)name)]),
        };
        foreach (var (name, value) in await source.GetAuthParametersAsync(cancel) ?? [])
            parameters[name] = value?.DeepClone();
        var auth = await transport.SendAsync(
            HttpMethod.Post, "auth", new AuthRequest(KbsProtocol.Version, source.Tee, parameters).ToUtf8(), null, null, cancel);
        var cookie = auth.SessionCookie ?? throw new KbsException(KbsFailure.Protocol, "the server opened no session (no cookie in its reply)");

        // 2. The challenge.
        var challenge = Read(() => AuthChallenge.Parse(auth.Body));
        if (!HashNames.All.Contains(challenge.HashAlgorithm))
            throw new KbsException(KbsFailure.Protocol, $"the server chose the hash '{challenge.HashAlgorithm}', which was not offered");

        // 3. Evidence that commits to the nonce, to a fresh key, and to the devices' evidence.
        var key = options.CreateKey is { } create ? create() : JweKeyPair.Create(options.KeyKind);
        try
        {
            var runtimeData = new RuntimeData(challenge.Nonce, key.PublicKey);
            var additional = await source.GetAdditionalEvidenceAsync(runtimeData.DeviceDigest(challenge.HashAlgorithm), cancel);
            var evidence = await source.GetEvidenceAsync(
                new EvidenceRequest(
                    runtimeData.PrimaryDigest(challenge.HashAlgorithm, additional), challenge.Nonce, challenge.ExtraParameters), cancel);
            var attestation = new AttestRequest
            {
                RuntimeData = runtimeData,
                InitData = options.InitData,
                PrimaryEvidence = evidence.Evidence,
                AdditionalEvidence = additional,
                ExtraParameters = evidence.AttestParameters,
            };

            // 4. The token.
            var reply = await transport.SendAsync(
                HttpMethod.Post, "attest", attestation.ToUtf8(), null, KbsCredential.Session(cookie), cancel);
            return AttestedSession.FromHandshake(Read(() => Token(reply.Body)), reply.SessionCookie ?? cookie, key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static string Token(byte[] body)
    {
        using var document = StrictJson.Parse(body, "kbs.token", KbsProtocol.MaxMessageBytes);
        return new JsonFields("kbs.token", document.RootElement).Text("token", JsonWebToken.MaxLength);
    }

    private static T Read<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (MalformedDataException e)
        {
            throw new KbsException(KbsFailure.Protocol, $"the server's reply cannot be read: {e.Message}", e);
        }
    }
}
