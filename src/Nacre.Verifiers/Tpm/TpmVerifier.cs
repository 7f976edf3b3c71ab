using System.Security.Cryptography;
using Nacre.Evidence;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// A TPM 2.0 quote (evidence.md 7.2). Whether the attestation key lives in a TPM comes only from
/// <see cref="EvidenceSubmission.Endorsement"/>; a key in the evidence proves nothing about itself.
/// </summary>
public sealed class TpmVerifier : IEvidenceVerifier
{
    internal const int InitDataPcr = 8;

    private readonly TpmVerificationKeyCache _keys = new();

    public string Tee => TeeNames.Tpm;

    public ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Verify(submission));
    }

    internal Verdict Verify(EvidenceSubmission submission)
    {
        var checks = new CheckList();
        if (Parse(submission.Evidence, checks) is not { } parsed)
            return checks.Refuse();

        var (evidence, signature, attest) = parsed;
        var endorsement = submission.Endorsement as TpmKeyEndorsement;

        // 1 and 2: the key, and the signature over the bytes received.
        var isTrusted = RequireTrustedKey(checks, endorsement, evidence.AkPublic);
        RequireSignature(checks, evidence, signature, isTrusted ? _keys : null);

        // 4: fresh.
        TpmReportData.Require(checks, submission.ReportData, attest.ExtraData.Span);

        // 5 and 6: the list of values is the one that was quoted, all of it, from the right bank.
        var whole = RequireSelection(checks, attest);
        RequirePcrDigest(checks, evidence, signature, attest, whole);

        // 8: bound to the init data.
        TpmInitData.Require(checks, submission.InitDataDigest, evidence.Pcrs[InitDataPcr]);

        // Not checked: qualifiedSigner (the key is known by its SubjectPublicKeyInfo), clock and counters (facts for the policy).
        return checks.Conclude(() => [new(TeeNames.Tpm, "cpu", TpmClaims.Create(evidence, attest, endorsement!))]);
    }

    private static (TpmEvidence Evidence, TpmSignature Signature, TpmAttest Attest)? Parse(ReadOnlyMemory<byte> json, CheckList checks)
    {
        try
        {
            var evidence = TpmEvidence.Parse(json);
            var signature = TpmSignature.Parse(evidence.Signature);
            checks.Require(true, "tpm.evidence.format", "evidence");

            var attest = TpmAttest.Parse(evidence.Message);
            checks.Require(true, "tpm.quote.magic", "TPMS_ATTEST.magic", "0xff544347", "0xff544347");
            checks.Require(true, "tpm.quote.type", "TPMS_ATTEST.type", "0x8018 (quote)", "0x8018");
            return (evidence, signature, attest);
        }
        catch (MalformedDataException error)
        {
            var (id, remedy) = (error.Structure, error.Field) switch
            {
                ("tpm.attest", "magic") => ("tpm.quote.magic", "send what TPM2_Quote returned: the signed message was not made by a TPM"),
                ("tpm.attest", "type") => ("tpm.quote.type", "send a quote: this is another kind of statement by a TPM"),
                _ => ("tpm.evidence.format", "send evidence as guest.md 1.8 (tpm) writes it"),
            };
            checks.Require(false, id, $"{error.Structure}.{error.Field}", found: error.Rule, remedy: remedy);
            return null;
        }
    }

    private static bool RequireTrustedKey(CheckList checks, TpmKeyEndorsement? endorsement, byte[] attestationKey)
    {
        const string Subject = "attestation key";
        var fingerprint = Fingerprint(attestationKey);
        var found = $"SHA-256 of the key {fingerprint}";
        if (endorsement is null)
        {
            return checks.Require(
                false, "tpm.ak.trust", Subject, "a key proven to live in a TPM", found,
                "the quote is signed by a key that is not proven to live in a TPM: send the endorsement key certificate in the auth request "
                + "and activate the credential, or have an administrator enroll the key");
        }

        var isSame = endorsement.AttestationKey.SequenceEqual(attestationKey);
        return checks.Require(
            isSame, "tpm.ak.trust", Subject,
            $"{(isSame ? fingerprint : Fingerprint(endorsement.AttestationKey))} ({endorsement.How})", found,
            "the quote is signed by another key than the one that is vouched for: sign with the attestation key named in the auth request");
    }

    /// <param name="checks">Where the checks are recorded.</param>
    /// <param name="evidence">With the key that is checked with.</param>
    /// <param name="signature">That of the evidence.</param>
    /// <param name="keys">Where the key is kept; null for a key that nobody vouches for.</param>
    private static void RequireSignature(CheckList checks, TpmEvidence evidence, TpmSignature signature, TpmVerificationKeyCache? keys)
    {
        if (keys is not null)
        {
            RequireSignature(checks, evidence, signature, keys.Read(evidence.AkPublic, out var known), known);
            return;
        }

        using var key = TpmVerificationKey.Read(evidence.AkPublic, out var found);
        RequireSignature(checks, evidence, signature, key, found);
    }

    private static void RequireSignature(CheckList checks, TpmEvidence evidence, TpmSignature signature, TpmVerificationKey? key, string found)
    {
        const string Subject = "signature over TPMS_ATTEST";
        checks.Require(
            key is not null, "tpm.ak.strength", "attestation key", TpmVerificationKey.Accepted, found,
            "create an attestation key of an accepted kind");

        if (key is null)
        {
            checks.NotMade("tpm.quote.signature", Subject, "there is no usable key");
            return;
        }

        var scheme = $"{TpmAlgorithm.Name(signature.Scheme)} with {TpmAlgorithm.Name(signature.Hash)}";
        checks.Require(
            key.Verify(signature, evidence.Message), "tpm.quote.signature", Subject,
            "a signature by the attestation key with sha256, sha384 or sha512", scheme,
            "the message was changed, or signed by another key or with a hash that is not trusted: take a new quote");
    }

    private static bool RequireSelection(CheckList checks, TpmAttest attest) => checks.Require(
        attest.Selection is [var only] && only == TpmPcrSelection.AllSha256, "tpm.quote.selection", "quoted registers",
        TpmPcrSelection.AllSha256.ToString(), attest.Selection.Count == 0 ? "none" : string.Join(" + ", attest.Selection),
        "quote all 24 registers of the sha256 bank and no other: values outside the selection are not signed");

    private static void RequirePcrDigest(CheckList checks, TpmEvidence evidence, TpmSignature signature, TpmAttest attest, bool whole)
    {
        const string Subject = "TPMS_ATTEST.pcrDigest";

        // The hash is that of the signing scheme, not of the bank.
        if (!whole || TpmAlgorithm.TrustedHash(signature.Hash) is not { } hash)
        {
            checks.NotMade("tpm.quote.pcr_digest", Subject, whole ? "the hash of the signature is not trusted" : "the selection is not the required one");
            return;
        }

        Span<byte> concatenated = stackalloc byte[TpmEvidence.PcrCount * TpmEvidence.PcrSize];
        for (var i = 0; i < TpmEvidence.PcrCount; i++)
            evidence.Pcrs[i].CopyTo(concatenated[(i * TpmEvidence.PcrSize)..]);

        var computed = CryptographicOperations.HashData(hash, concatenated);
        checks.Require(
            attest.PcrDigest.Span.SequenceEqual(computed), "tpm.quote.pcr_digest", Subject,
            Convert.ToHexStringLower(attest.PcrDigest.Span), $"{Convert.ToHexStringLower(computed)} over the listed values",
            "the listed values are not those that were quoted: read and quote the registers again, at a time when nothing extends them");
    }

    private static string Fingerprint(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key));
}
