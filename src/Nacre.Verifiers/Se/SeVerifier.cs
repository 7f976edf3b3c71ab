using System.Security.Cryptography;
using Nacre.Evidence;
using Nacre.Evidence.Se;
using Nacre.Formats;

namespace Nacre.Verifiers.Se;

/// <summary>
/// Verifies IBM Secure Execution (evidence.md 12): the measurement is an HMAC under a key that only a machine of the challenge could
/// unwrap, over the image whose header the verifier has, and over the expected report data. Not checked here: init data, which these
/// guests cannot bind.
/// </summary>
public sealed class SeVerifier(SeOptions options) : IEvidenceVerifier
{
    internal const int ReportDataSize = 64;

    public string Tee => TeeNames.Se;

    public ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();
        var checks = new CheckList();
        try
        {
            var evidence = SeEvidence.Parse(submission.Evidence);
            checks.Require(true, "se.evidence.format", "evidence");
            return ValueTask.FromResult(Verify(checks, evidence, submission));
        }
        catch (MalformedDataException error)
        {
            return ValueTask.FromResult(Malformed(checks, error));
        }
    }

    /// <summary>
    /// The same for a file of <c>pvattest</c>, with the key of its request and the tags of the image's header. Any machine whose keyslot
    /// is in the request may have answered. The evidence of <paramref name="submission"/> is not read.
    /// </summary>
    public Verdict VerifyExchange(ReadOnlyMemory<byte> exchange, SecretBytes requestKey, SeImageTags image, EvidenceSubmission submission)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var checks = new CheckList();
        try
        {
            var file = SeExchange.Parse(exchange);
            var request = SeAttestationRequest.Parse(file.Request);
            checks.Require(true, "se.evidence.format", "exchange file");
            using var secrets = SeRequestCipher.Open(request, requestKey);
            checks.Require(
                secrets is not null && file.IsAnswered, "se.challenge.request", "request and answer", "both, the request by this key",
                secrets is null ? "the key does not open the request" : file.IsAnswered ? "both" : "no answer",
                "give the file that came back from the guest");
            if (secrets is null || !file.IsAnswered)
                return checks.Refuse();

            var measured = new SeMeasurement
            {
                Image = image,
                ConfigurationUid = file.ConfigurationUid.Data,
                UserData = file.UserData.Data,
                AdditionalData = file.AdditionalData.Data,
            };
            var hosts = request.Keyslots.Select(slot => slot.HostKeyHash.ToArray()).ToArray();
            return Conclude(checks, measured, file.Measurement.Data, secrets, request.Items, hosts, submission);
        }
        catch (MalformedDataException error)
        {
            return Malformed(checks, error);
        }
    }

    private Verdict Verify(CheckList checks, SeEvidence evidence, EvidenceSubmission submission)
    {
        using var state = options.SealKey is { } key ? SeSealedState.Open(key, evidence.SealedMeasurementKey, evidence.SealedNonce) : null;
        checks.Require(
            state is not null, "se.challenge.seal", "encr_measurement_key, encr_request_nonce",
            "both as this service sealed them for one challenge",
            options.SealKey is null ? "no seal key is configured" : state is null ? "they do not open" : "they open",
            "attest again, with the challenge just received from this service");
        if (state is null)
            return checks.Refuse();

        checks.Require(
            submission.At <= state.Expires, "se.challenge.expiry", "challenge", $"used by {state.Expires:u}", $"used at {submission.At:u}",
            "attest again");
        checks.Require(
            evidence.ImageTags.Raw.Span.SequenceEqual(state.ImageTags.Raw.Span), "se.image_tags", "image_hdr_tags",
            Convert.ToHexStringLower(state.ImageTags.Raw.Span), Convert.ToHexStringLower(evidence.ImageTags.Raw.Span),
            "carry the tags back as the challenge gave them");

        var measured = new SeMeasurement
        {
            Image = state.ImageTags,
            ConfigurationUid = evidence.ConfigurationUid,
            UserData = evidence.UserData,
            AdditionalData = evidence.AdditionalData,
        };
        return Conclude(checks, measured, evidence.Measurement, state.Secrets, SeChallengeIssuer.Items, state.HostKeyHashes, submission);
    }

    private Verdict Conclude(
        CheckList checks, SeMeasurement measured, ReadOnlyMemory<byte> answer, SeRequestSecrets secrets, SeRequestItems flags,
        IReadOnlyList<byte[]> hosts, EvidenceSubmission submission)
    {
        var right = measured.Compute(secrets.MeasurementKey.Reveal(), secrets.Nonce.Reveal());
        var matches = CryptographicOperations.FixedTimeEquals(right, answer.Span);
        checks.Require(
            matches, "se.measurement", "measurement", "the HMAC over image, configuration, user data, nonce and additional data",
            matches ? "it is" : "it is another", "the guest runs another image, or the answer was changed");

        var userData = measured.UserData.Span;
        if (submission.ReportData is not null && userData.Length < ReportDataSize)
            checks.Require(
                false, "se.report_data", "user data", $"at least {ReportDataSize} bytes", $"{userData.Length} bytes",
                "attest with the digest of the runtime data");
        else
            FieldBinding.Require(
                checks, "se.report_data", "first 64 bytes of the user data", submission.ReportData,
                userData[..Math.Min(userData.Length, ReportDataSize)], mayCut: false,
                "the evidence was made for another challenge or another TEE key: attest again, with the challenge just received");
        if (submission.InitDataDigest is not null)
            checks.NotMade("se.init_data", "init data", "guests of Secure Execution cannot bind it; it must be part of the image");

        var additional = SeAdditionalData.Parse(measured.AdditionalData.Span, flags);
        RequireHost(checks, "se.host_key.attestation", "host key that unpacked the request", additional.AttestationHostKeyHash, hosts);
        RequireHost(checks, "se.host_key.image", "host key that unpacked the image", additional.ImageHostKeyHash, hosts);
        return checks.Conclude(() => [new(Tee, "cpu", SeClaims.Create(measured, additional))]);
    }

    private static void RequireHost(CheckList checks, string id, string subject, byte[]? found, IReadOnlyList<byte[]> hosts)
    {
        if (found is null)
        {
            checks.NotMade(id, subject, "the request did not ask for it");
            return;
        }

        checks.Require(
            hosts.Any(host => host.AsSpan().SequenceEqual(found)), id, subject, $"one of the {hosts.Count} of the challenge",
            Convert.ToHexStringLower(found),
            "add the document of this machine, or do not run the guest on it");
    }

    private static Verdict Malformed(CheckList checks, MalformedDataException error)
    {
        checks.Require(
            false, "se.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of Secure Execution",
            error.Rule,
            "send the evidence as the attestation agent writes it");
        return checks.Refuse();
    }
}
