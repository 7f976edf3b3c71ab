using System.Security.Cryptography;
using Nacre.Evidence;
using Nacre.Evidence.Cca;
using Nacre.Formats;

namespace Nacre.Verifiers.Cca;

/// <summary>
/// Verifies tokens of Arm CCA (evidence.md 10.2): the realm's signature, the binding of the realm's key by the platform's challenge, the
/// platform's signature under a trust anchor that was given, its state of life, report data in the realm's challenge and init data in its
/// personalization value. Firmware and realm measurements are for policy to judge.
/// </summary>
public sealed class CcaVerifier(CcaOptions options) : IEvidenceVerifier
{
    public string Tee => TeeNames.Cca;

    public ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Verify(() => CcaEvidence.Parse(submission.Evidence), submission));
    }

    /// <summary>The same for a token in its binary form. The evidence of <paramref name="submission"/> is not read.</summary>
    public Verdict VerifyToken(ReadOnlyMemory<byte> token, EvidenceSubmission submission)
    {
        ArgumentNullException.ThrowIfNull(submission);
        return Verify(() => CcaToken.Parse(token), submission);
    }

    private Verdict Verify(Func<CcaToken> parse, EvidenceSubmission submission)
    {
        var checks = new CheckList();
        CcaToken token;
        try
        {
            token = parse();
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "cca.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "a token of CCA", error.Rule,
                "send the token as the realm manager returned it");
            return checks.Refuse();
        }

        checks.Require(true, "cca.evidence.format", "evidence");
        RequireBinding(checks, token.Realm.Claims, submission);
        RequireRealm(checks, token);
        RequirePlatform(checks, token.Platform);
        return checks.Conclude(() => [new(Tee, "cpu", CcaClaims.Create(token))]);
    }

    private static void RequireBinding(CheckList checks, CcaRealmClaims realm, EvidenceSubmission submission)
    {
        FieldBinding.Require(
            checks, "cca.report_data", "realm challenge", submission.ReportData, realm.Challenge, mayCut: false,
            "the token was made for another challenge or another TEE key: attest again, with the nonce just received");
        FieldBinding.Require(
            checks, "cca.init_data", "realm personalization value", submission.InitDataDigest, realm.PersonalizationValue, mayCut: false,
            "the realm was created with another personalization value: the host sets it to the init-data digest");
    }

    private static void RequireRealm(CheckList checks, CcaToken token)
    {
        var realm = token.Realm.Claims;
        try
        {
            using var key = realm.ImportKey();
            checks.Require(
                token.Realm.Message.Verify(key), "cca.realm.signature", "realm token", "signed by the realm's attestation key",
                token.Realm.Message.Algorithm.Name, "the token was changed on its way: send it as it was made");
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "cca.realm.signature", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "a key on its curve", error.Rule,
                "send the token as it was made");
        }

        var hash = CryptographicOperations.HashData(CcaHash.Find(realm.PublicKeyHashAlgorithm)!.Value, realm.PublicKey);
        checks.Require(
            hash.AsSpan().SequenceEqual(token.Platform.Claims.Challenge), "cca.binding", "platform challenge", Convert.ToHexStringLower(hash),
            Convert.ToHexStringLower(token.Platform.Claims.Challenge), "the two halves are of different tokens: send them as they were made together");
    }

    private void RequirePlatform(CheckList checks, CcaPlatformToken platform)
    {
        var claims = platform.Claims;
        var key = options.TrustAnchors.Find(claims.ImplementationId, claims.InstanceId);
        var name = $"implementation {Convert.ToHexStringLower(claims.ImplementationId)}, instance {Convert.ToHexStringLower(claims.InstanceId)}";
        if (checks.Require(
            key is not null, "cca.platform.anchor", "platform", "in the store of trust anchors", name,
            $"put the key of this platform into the store of trust anchors ({options.TrustAnchors.Count} are there)"))
        {
            checks.Require(
                platform.Message.Verify(key!), "cca.platform.signature", "platform token", "signed by the platform's trust anchor",
                platform.Message.Algorithm.Name, "the token is of another platform, or the anchor is wrong");
        }
        else
        {
            checks.NotMade("cca.platform.signature", "platform token", "there is no trust anchor");
        }

        checks.Require(
            claims.Lifecycle == CcaLifecycle.Secured || options.AllowUnsecuredPlatform, "cca.platform.lifecycle", "lifecycle",
            "secured (0x30..)", $"{claims.Lifecycle} (0x{claims.RawLifecycle:x4})", "use a platform that is provisioned and locked");
    }
}
