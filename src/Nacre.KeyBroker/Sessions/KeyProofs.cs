using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Tokens;
using Nacre.Evidence;
using Nacre.Evidence.Protocol;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Http;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.KeyBroker.Sessions;

/// <summary>
/// For TEEs whose attestation key anyone could make up: has the guest prove in the handshake that the key lives in a TPM with a certified
/// endorsement key. Without the proof the key must be enrolled, which the attestation service looks at.
/// </summary>
public sealed class KeyProofs(EkRoots roots, AttemptStore attempts, BrokerOptions options)
{
    private const string Member = "tpm";

    /// <summary>For <c>auth</c>: what to remember and what to send; both null when the guest offers no proof.</summary>
    /// <exception cref="KbsProblemException">401: the offered endorsement key or attestation key is not to be trusted.</exception>
    internal async ValueTask<(PendingKeyProof? Keep, JsonObject? Send)> ChallengeAsync(AuthRequest request, DateTimeOffset now, CancellationToken cancel)
    {
        if (request.Tee != TeeNames.Tpm || request.ExtraParameters?[Member] is not { } member)
            return (null, null);

        var offer = TpmKeyOffer.Parse(JsonText.Utf8(member));
        switch (TpmCredentialChallenge.Create(offer, roots, now))
        {
            case TpmCredentialChallenge.Issued issued:
                using (issued.Key)
                {
                    return (
                        new PendingKeyProof(
                            issued.Key.Secret.Reveal().ToArray(), issued.Key.AttestationKey.ToArray(), issued.Key.EkCertificateSha256),
                        new JsonObject { [Member] = issued.Credential.ToJson() });
                }

            case TpmCredentialChallenge.Refused refused:
                throw await RefuseAsync(refused, now, cancel);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>For <c>attest</c>: what vouches for the key, or null; the attestation service then looks whether it is enrolled.</summary>
    internal static IKeyEndorsement? Endorse(PendingSession session, AttestRequest request, byte[] reportData)
    {
        if (session.Tee != TeeNames.Tpm || session.KeyProof is not { } proof || request.ExtraParameters?[Member] is not { } member)
            return null;

        using var key = new TpmPendingKey(SecretBytes.Own(proof.Secret), proof.KeySpki, proof.EndorsementFingerprint);
        return key.Endorse(TpmCredentialProof.Parse(JsonText.Utf8(member)), reportData);
    }

    private async ValueTask<KbsProblemException> RefuseAsync(TpmCredentialChallenge.Refused refused, DateTimeOffset now, CancellationToken cancel)
    {
        var id = ReferenceId.OfRequest(now);
        var reasons = refused.Failures.Select(check => check.ToString())
            .Concat(refused.Failures.Where(check => check.Remedy is not null).Select(check => $"{check.Id}: {check.Remedy}")).ToList();
        await attempts.RecordAsync(
            new AttemptRecord
            {
                Id = id,
                At = now,
                Kind = AttemptKind.EvidenceRefused,
                Tee = TeeNames.Tpm,
                Reasons = reasons,
                Reports = [new EvidenceReport(TeeNames.Tpm, refused.Checks)],
            },
            cancel);
        var detail = "Attestation error: RCAR handshake Auth failed" + (options.ExplainToGuests ? $": {reasons[0]}" : "");
        return new KbsProblemException(401, ErrorTypes.AttestationError, detail, id);
    }
}
