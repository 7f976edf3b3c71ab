using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Backends;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Metrics;
using Nacre.Storage;

namespace Nacre.KeyBroker.Sessions;

/// <summary>The handshake: <c>auth</c> gives a challenge, <c>attest</c> takes the evidence for it (trust.md 1.4, 1.5).</summary>
public sealed class HandshakeService(
    IAttestationBackend attestation, IGuestTokens tokens, SessionSealer sealer, SessionClaims sessions, KeyProofs keyProofs,
    AttemptStore attempts, DecisionStore decisions, IReplayCache replays, BrokerMetrics metrics, BrokerOptions options, TimeProvider clock)
{
    private const int NonceBytes = 32;
    private const int GuestBytes = 8;

    public async ValueTask<KbsReply> AuthAsync(KbsCall call, CancellationToken cancel)
    {
        var request = AuthRequest.Parse(call.Body);
        if (FindVersionProblem(request.Version) is { } problem)
        {
            throw new KbsProblemException(401, ErrorTypes.AttestationError,
                "Attestation error: RCAR handshake Auth failed: KBS Client Protocol Version Mismatch: "
                + $"expect ={KbsProtocol.Version} while the request is {request.Version}: {problem}");
        }

        if (!attestation.Takes(request.Tee))
        {
            throw new KbsProblemException(401, ErrorTypes.AttestationError,
                $"Attestation error: RCAR handshake Auth failed: evidence of '{request.Tee}' is not taken here; this server takes "
                + string.Join(", ", attestation.Tees.Order()));
        }

        var now = clock.GetUtcNow();
        var expires = now + options.SessionLife;
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        var (keyProof, parameters) = attestation.TakesEndorsements ? await keyProofs.ChallengeAsync(request, now, cancel) : default;
        var hash = attestation.SelectHash(request.Tee, request.SupportedHashAlgorithms)
            ?? throw new KbsProblemException(401, ErrorTypes.AttestationError,
                $"Attestation error: RCAR handshake Auth failed: none of the hash algorithms that are offered will do for '{request.Tee}'");
        if (hash != HashNames.Sha384)
            (parameters ??= [])["selected-hash-algorithm"] = hash;

        var session = new PendingSession(expires, nonce, request.Tee, hash, keyProof, request.Version, GuestOf(call.SessionCookie));
        return KbsReply.OfJson(new AuthChallenge(nonce, parameters).ToUtf8()) with
        {
            Cookie = new SessionCookie(sealer.Seal(session.ToBytes()), expires),
        };
    }

    public async ValueTask<KbsReply> AttestAsync(KbsCall call, CancellationToken cancel)
    {
        var session = Open(call.SessionCookie);
        var request = session is PendingSession { Protocol: not KbsProtocol.Version } older
            ? AttestRequest.ParseOlder(call.Body, older.Protocol, older.Nonce) : AttestRequest.Parse(call.Body);
        return session switch
        {
            PendingSession pending => await AttestAsync(pending, request, cancel),

            // The guest did not get the first reply: it gets the same claims again, signed again.
            AttestedState attested when SameNonce(attested.Nonce, request)
                && await sessions.ReadAsync(attested, cancel) is { } kept && tokens.ClaimsOf(kept) is not null => await TokenAsync(kept, cancel),
            _ => throw Unauthenticated("the session does not belong to this nonce"),
        };
    }

    private async ValueTask<KbsReply> AttestAsync(PendingSession session, AttestRequest request, CancellationToken cancel)
    {
        if (!SameNonce(session.Nonce, request))
            throw Unauthenticated("the nonce is not the one of this session");
        RequireUsable(request.RuntimeData.TeePublicKey);
        var devices = request.Devices();
        var initData = request.InitData is null ? null : InitData.Parse(request.InitData);
        if (!await replays.TryUseAsync(Convert.FromBase64String(session.Nonce), session.Expires, cancel))
            throw Unauthenticated("the nonce was used before; begin again with auth");

        var now = clock.GetUtcNow();
        var text = request.PrimaryText();
        var reportData = RuntimeData.Hash(session.HashAlgorithm, text);
        var deviceText = devices.Count == 0 ? [] : request.RuntimeData.DeviceText();
        var runtimeClaims = request.RuntimeData.ToJson();
        var endorsement = KeyProofs.Endorse(session, request, reportData);
        var outcome = await attestation.AttestAsync(
            new AttestationSubmission
            {
                Evidence =
                [
                    new(session.Tee, request.PrimaryEvidence, reportData)
                    {
                        Endorsement = endorsement,
                        RuntimeClaims = runtimeClaims,
                        RuntimeText = text,
                        HashAlgorithm = session.HashAlgorithm,
                        InitDataDigest = initData?.Digest,
                        InitData = initData,
                    },
                    .. devices.Select(device =>
                        new SubmittedEvidence(device.Tee, device.Evidence, RuntimeData.Hash(HashNames.Sha384, deviceText))
                        {
                            RuntimeClaims = runtimeClaims,
                            RuntimeText = deviceText,
                        }),
                ],
            },
            cancel);

        return outcome switch
        {
            Attested attested => await AcceptAsync(session, attested, now, cancel),
            NotAttested refused => throw await RefuseAsync(session, refused.Reports, [refused.Reason, .. Remedies(refused)], cancel),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async ValueTask<KbsReply> AcceptAsync(PendingSession session, Attested attested, DateTimeOffset now, CancellationToken cancel)
    {
        decisions.RecordAppraisal(attested.Claims, now);
        if (attested.Findings.Any())
        {
            await attempts.NoteAsync(
                new AttemptRecord
                {
                    Id = (string)attested.Claims["jti"]!,
                    At = now,
                    Kind = AttemptKind.NotAffirming,
                    Tee = session.Tee,
                    Guest = session.Guest,
                    Reasons = [.. attested.Findings.Select(finding => finding.ToString())],
                    Reports = attested.Reports,
                    Submodules = attested.Submodules,
                },
                cancel);
        }

        var kept = tokens.Keep(attested);
        metrics.Attestation(session.Tee, isGood: true);
        metrics.Handshake(now - (session.Expires - options.SessionLife));
        var reply = await TokenAsync(kept, cancel);
        return reply with
        {
            Cookie = new SessionCookie(await sessions.SealAsync(kept, session.Nonce, attested.Expires, session.Guest, cancel), attested.Expires),
        };
    }

    /// <summary>Records a refusal and makes the error that the guest sees.</summary>
    internal async ValueTask<KbsProblemException> RefuseAsync(
        PendingSession session, IReadOnlyList<EvidenceReport> reports, IReadOnlyList<string> reasons, CancellationToken cancel)
    {
        metrics.Attestation(session.Tee, isGood: false);
        var now = clock.GetUtcNow();
        var id = ReferenceId.OfRequest(now);
        await attempts.RecordAsync(
            new AttemptRecord
            {
                Id = id,
                At = now,
                Kind = AttemptKind.EvidenceRefused,
                Tee = session.Tee,
                Guest = session.Guest,
                Reasons = reasons,
                Reports = reports,
            },
            cancel);
        var detail = "Attestation error: RCAR handshake Attest failed" + (options.ExplainToGuests ? $": {reasons[0]}" : "");
        return new KbsProblemException(401, ErrorTypes.AttestationError, detail, id);
    }

    // Whatever became of the session before: its cookie says who begins again.
    private string GuestOf(string? cookie)
    {
        try
        {
            if (cookie is not null && sealer.Open(cookie) is { } bytes)
                return SessionState.Parse(bytes).Guest;
        }
        catch (MalformedDataException)
        {
            // Sealed by another version of this server; as good as none.
        }

        return Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(GuestBytes));
    }

    private SessionState Open(string? cookie)
    {
        if (cookie is null)
            throw Unauthenticated("there is no session cookie; begin with auth");

        try
        {
            if (sealer.Open(cookie) is { } bytes && SessionState.Parse(bytes) is var session && clock.GetUtcNow() < session.Expires)
                return session;
        }
        catch (MalformedDataException e)
        {
            throw Unauthenticated($"the session is of another version of this server: {e.Message}");
        }

        throw Unauthenticated("the session is not known or has expired; begin again with auth");
    }

    private string? FindVersionProblem(string version) => OlderProtocols.FindProblem(version)
        ?? (version == KbsProtocol.Version || options.OlderProtocols.Contains(version)
            ? null : "update the guest, or have the operator of this server allow its version");

    private async ValueTask<KbsReply> TokenAsync(JsonObject kept, CancellationToken cancel) =>
        KbsReply.Of(new JsonObject { ["token"] = await tokens.TokenOfAsync(kept, cancel) });

    private static bool SameNonce(string nonce, AttestRequest request) => nonce == request.RuntimeData.Nonce;

    private static IEnumerable<string> Remedies(NotAttested refused) =>
        refused.Reports.SelectMany(report => report.Checks).Where(check => check.Remedy is not null).Select(check => $"{check.Id}: {check.Remedy}");

    // Else the guest would learn it when the first secret is to be encrypted. The nonce is not used up: it may come again with another key.
    private static void RequireUsable(JsonWebKey key)
    {
        if (key.FindProblem() is { } problem)
        {
            throw new KbsProblemException(400, ErrorTypes.AttestationError,
                $"Attestation error: RCAR handshake Attest failed: this server cannot encrypt to the tee-pubkey: {problem}; "
                + $"have the guest take another tee_key_algorithm, such as {JweKeyKinds.Names[0]}, or run the server with OpenSSL 3.5");
        }
    }

    private static KbsProblemException Unauthenticated(string detail) =>
        new(401, ErrorTypes.AttestationError, $"Attestation error: RCAR handshake Attest failed: {detail}");
}
