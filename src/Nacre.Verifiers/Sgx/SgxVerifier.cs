using Nacre.Evidence;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Formats;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Sgx;

/// <summary>
/// Verifies Intel SGX evidence with an ECDSA quote of version 3 (evidence.md 2.5, 3.3): genuine, judged by current collateral, bound to the
/// expected report data and init data, and of an enclave that keeps its host out. MRENCLAVE and MRSIGNER are for policy to judge.
/// </summary>
public sealed class SgxVerifier(DcapOptions options) : IEvidenceVerifier
{
    private readonly DcapVerification _dcap = new(options);

    public string Tee => TeeNames.Sgx;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        return await VerifyAsync(() => SgxEvidence.Parse(submission.Evidence).Quote, submission, cancel);
    }

    /// <summary>The same for a quote in its binary form. The evidence of <paramref name="submission"/> is not read.</summary>
    public async ValueTask<Verdict> VerifyQuoteAsync(ReadOnlyMemory<byte> quote, EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        return await VerifyAsync(() => SgxEvidence.ParseQuote(quote), submission, cancel);
    }

    private async ValueTask<Verdict> VerifyAsync(Func<DcapQuote> parse, EvidenceSubmission submission, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var checks = new CheckList();
        DcapQuote quote;
        SgxReportBody body;
        try
        {
            quote = parse();
            body = SgxReportBody.Parse(quote.Body);
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "sgx.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of SGX", error.Rule,
                "send the evidence as the attestation agent writes it");
            return checks.Refuse();
        }

        checks.Require(true, "sgx.evidence.format", "evidence");
        RequireBinding(checks, body, submission);
        RequirePolicy(checks, body);
        if (await _dcap.RequireGenuineAsync(checks, quote, submission.At, cancel) is not { } platform)
            return checks.Refuse();

        var result = TcbEvaluation.Evaluate(platform.Collateral.TcbInfo, platform.Chain.Platform, [], platform.Qe, out var problem);
        if (!checks.Require(
            result is not null, "dcap.tcb.level", "versions of the platform", "at or above a level of TCB info", problem ?? "they are", "update the host")
            || !DcapVerification.RequireStatus(checks, result!.Status, options))
            return checks.Refuse();

        return checks.Conclude(() => [new(Tee, "cpu", SgxClaims.Create(quote, DcapClaims.Create(platform, result)))]);
    }

    private static void RequireBinding(CheckList checks, SgxReportBody body, EvidenceSubmission submission)
    {
        FieldBinding.Require(
            checks, "sgx.report_data", "REPORTDATA", submission.ReportData, body.ReportData, mayCut: false,
            "the quote was made for another challenge or another TEE key: attest again, with the nonce just received");
        FieldBinding.Require(
            checks, "sgx.init_data", "CONFIGID", submission.InitDataDigest, body.ConfigId, mayCut: false, "the enclave was launched with other init data");

        if (submission.InitDataDigest is not null)
        {
            checks.Require(
                body.HasKss, "sgx.kss", "ATTRIBUTES.KSS", "set", body.HasKss ? "set" : "not set, so CONFIGID means nothing",
                "build the enclave with key separation and sharing");
        }
    }

    // INIT is not looked at: the processor reports no enclave that is not initialised, and the claim attributes.flags has the bit for policies.
    private void RequirePolicy(CheckList checks, SgxReportBody body) =>
        checks.Require(
            !body.IsDebug || options.AllowDebug, "sgx.debug", "ATTRIBUTES.DEBUG", "not set",
            body.IsDebug ? "the host may read and write the enclave's memory" : "not set", "launch the enclave in production mode");
}
