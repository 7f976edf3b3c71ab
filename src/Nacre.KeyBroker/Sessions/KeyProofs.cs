using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.ReferenceValues;
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
/// endorsement key, or takes the administrator's word for it (reference value <c>trusted_aks</c>, base64 of SubjectPublicKeyInfo).
/// </summary>
public sealed class KeyProofs(EkRoots roots, ReferenceValueStore references, AttemptStore attempts, BrokerOptions options)
{
    private const string Member = "tpm";
    private const string EnrolledKeys = "trusted_aks";

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

    /// <summary>For <c>attest</c>: what vouches for the key, or null; the verifier then says that nothing does.</summary>
    internal async ValueTask<IKeyEndorsement?> EndorseAsync(
        PendingSession session, AttestRequest request, byte[] reportData, CancellationToken cancel)
    {
        if (session.Tee != TeeNames.Tpm)
            return null;

        if (session.KeyProof is { } proof && request.ExtraParameters?[Member] is { } member)
        {
            using var key = new TpmPendingKey(SecretBytes.Own(proof.Secret), proof.KeySpki, proof.EndorsementFingerprint);
            return key.Endorse(TpmCredentialProof.Parse(JsonText.Utf8(member)), reportData);
        }

        return await EnrolledAsync(request, cancel);
    }

    private async ValueTask<IKeyEndorsement?> EnrolledAsync(AttestRequest request, CancellationToken cancel)
    {
        TpmEvidence evidence;
        try
        {
            evidence = TpmEvidence.Parse(request.PrimaryEvidence);
        }
        catch (MalformedDataException)
        {
            // The verifier says the same with the field that is wrong.
            return null;
        }

        var enrolled = await references.FindAsync(EnrolledKeys, cancel);
        var key = Convert.ToBase64String(evidence.AkPublic);
        return enrolled is JsonArray keys && keys.Any(item => item is JsonValue value && value.TryGetValue<string>(out var text) && text == key)
            ? TpmKeyEndorsement.Enrolled(evidence.AkPublic) : null;
    }

    private async ValueTask<KbsProblemException> RefuseAsync(TpmCredentialChallenge.Refused refused, DateTimeOffset now, CancellationToken cancel)
    {
        var id = ReferenceId.Create(now);
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
