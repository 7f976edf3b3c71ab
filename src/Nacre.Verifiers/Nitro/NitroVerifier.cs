using Nacre.Evidence;
using Nacre.Evidence.Nitro;
using Nacre.Formats;

namespace Nacre.Verifiers.Nitro;

/// <summary>
/// Verifies attestation documents of AWS Nitro Enclaves (evidence.md 14): chain to the pinned root, signature, dates, debug mode, and report
/// data in <c>user_data</c> or <c>nonce</c>. There is no field for init data; policies judge the registers.
/// </summary>
public sealed class NitroVerifier(NitroOptions options) : IEvidenceVerifier
{
    private readonly NitroChain _chain = new(options);

    public string Tee => TeeNames.Nitro;

    public ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Verify(() => NitroEvidence.Parse(submission.Evidence), submission));
    }

    /// <summary>The same for a document in its binary form. The evidence of <paramref name="submission"/> is not read.</summary>
    public Verdict VerifyDocument(ReadOnlyMemory<byte> document, EvidenceSubmission submission)
    {
        ArgumentNullException.ThrowIfNull(submission);
        return Verify(() => NitroDocument.Parse(document), submission);
    }

    private Verdict Verify(Func<NitroDocument> parse, EvidenceSubmission submission)
    {
        var checks = new CheckList();
        NitroDocument document;
        try
        {
            document = parse();
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "nitro.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "an attestation document", error.Rule,
                "send the document as the Nitro security module returned it");
            return checks.Refuse();
        }

        checks.Require(true, "nitro.evidence.format", "evidence");
        RequireBinding(checks, document, submission);
        checks.Require(
            !document.IsDebug || options.AllowDebug, "nitro.debug", "PCR0, PCR1, PCR2", "not all zero",
            document.IsDebug ? "all zero: the parent instance reads the enclave's console" : "not all zero", "start the enclave without --debug-mode");
        if (_chain.Verify(checks, document, submission.At) is { } leaf)
        {
            using (leaf)
                checks.Require(
                    document.Message.Verify(leaf), "nitro.signature", "COSE signature", "by the key of the certificate",
                    document.Message.Algorithm.Name, "the document was changed on its way: send it as it was made");
        }

        return checks.Conclude(() => [new(Tee, "cpu", NitroClaims.Create(document, submission.ReportData))]);
    }

    private static void RequireBinding(CheckList checks, NitroDocument document, EvidenceSubmission submission)
    {
        if (submission.InitDataDigest is not null)
            checks.NotMade("nitro.init_data", "init data", "a Nitro document has no field for it");
        if (submission.ReportData is not { } expected)
        {
            checks.NotMade("nitro.report_data", "user_data or nonce", "nothing is expected in it");
            return;
        }

        checks.Require(
            Holds(document.UserData, expected) || Holds(document.Nonce, expected), "nitro.report_data", "user_data or nonce",
            Convert.ToHexStringLower(expected), $"user_data {Text(document.UserData)}, nonce {Text(document.Nonce)}",
            "attest again, with the nonce just received");
    }

    // Zeros may follow: others regularise to 64 bytes. Nothing is not a binding.
    private static bool Holds(byte[]? field, byte[] expected) =>
        field is not null && expected.Length > 0 && field.AsSpan().StartsWith(expected) && !field.AsSpan(expected.Length).ContainsAnyExcept((byte)0);

    private static string Text(byte[]? field) => field is null ? "(absent)" : Convert.ToHexStringLower(field);
}
