using System.Security.Cryptography;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Verifiers.Azure;

/// <summary>What both kinds of Azure confidential VM have in common: the vTPM's quote and its binding to the processor's report (evidence.md 8.3).</summary>
internal static class AzureVtpmChecks
{
    internal const int InitDataPcr = 8;

    /// <summary>Parses the inner structures and records the checks that do not need the processor; null when that is not possible.</summary>
    public static TpmAttest? Require(CheckList checks, AzureVtpmEvidence evidence, HclReportType type, EvidenceSubmission submission)
    {
        HclRuntimeData runtime;
        TpmAttest attest;
        try
        {
            runtime = HclRuntimeData.Parse(evidence.HclReport.VariableData);
            attest = TpmAttest.Parse(evidence.Message);
        }
        catch (MalformedDataException error)
        {
            Malformed(checks, error);
            return null;
        }

        checks.Require(true, "azure.evidence.format", "evidence");
        checks.Require(
            evidence.HclReport.Type == type, "azure.hcl.type", "report type of the HCL report", type.ToString(), evidence.HclReport.Type.ToString(),
            "send the evidence under the name of the TEE it comes from");

        RequireQuote(checks, evidence, runtime, attest, submission.ReportData);
        RequireUserData(checks, evidence, runtime, submission.ReportData);
        RequireInitData(checks, evidence.Pcrs[InitDataPcr], submission.InitDataDigest);
        return attest;
    }

    /// <summary>The processor's report data must be the hash of the runtime data and nothing more.</summary>
    public static void RequireBinding(CheckList checks, HclReport report, ReadOnlySpan<byte> reportData)
    {
        Span<byte> expected = stackalloc byte[64];
        expected.Clear();
        CryptographicOperations.HashData(report.Hash, report.VariableData.Span, expected);
        checks.Require(
            reportData.SequenceEqual(expected), "azure.hcl.binding", "report data of the processor's report",
            $"{Convert.ToHexStringLower(expected)} ({report.Hash.Name} of the runtime data)", Convert.ToHexStringLower(reportData),
            "the HCL report or the processor's report is that of another VM: read both again");
    }

    public static void Malformed(CheckList checks, MalformedDataException error) => checks.Require(
        false, "azure.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of an Azure confidential VM", error.Rule,
        "send the evidence as the attestation agent writes it");

    private static void RequireQuote(CheckList checks, AzureVtpmEvidence evidence, HclRuntimeData runtime, TpmAttest attest, byte[]? reportData)
    {
        using var key = RSA.Create(runtime.AttestationKey);
        var verifies = evidence.Signature.Length == runtime.AttestationKey.Modulus!.Length
            && key.VerifyData(evidence.Message, evidence.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        checks.Require(
            verifies, "azure.quote.signature", "signature of the vTPM's quote", "RSASSA with SHA-256 by the HCLAkPub of this report",
            verifies ? "it verifies" : "it does not verify", "the quote is that of another VM, or was changed: take a new one");

        if (reportData is null)
        {
            checks.NotMade("azure.quote.extra_data", "TPMS_ATTEST.extraData", "no report data is expected");
        }
        else
        {
            checks.Require(
                reportData.Length > 0 && attest.ExtraData.Span.SequenceEqual(reportData), "azure.quote.extra_data", "TPMS_ATTEST.extraData",
                Convert.ToHexStringLower(reportData), Convert.ToHexStringLower(attest.ExtraData.Span),
                "the quote was made for another challenge or another TEE key: attest again, with the nonce just received");
        }

        var whole = checks.Require(
            attest.Selection is [var only] && only == TpmPcrSelection.AllSha256, "azure.quote.selection", "quoted registers",
            TpmPcrSelection.AllSha256.ToString(), string.Join(" ", attest.Selection), "quote all 24 registers of the sha256 bank and no other");
        if (!whole)
        {
            checks.NotMade("azure.quote.pcr_digest", "TPMS_ATTEST.pcrDigest", "the selection is not the required one");
            return;
        }

        var computed = SHA256.HashData([.. evidence.Pcrs.SelectMany(pcr => pcr)]);
        checks.Require(
            attest.PcrDigest.Span.SequenceEqual(computed), "azure.quote.pcr_digest", "TPMS_ATTEST.pcrDigest",
            Convert.ToHexStringLower(attest.PcrDigest.Span), $"{Convert.ToHexStringLower(computed)} over the listed values",
            "the listed values are not those that were quoted: read and quote the registers again");
    }

    // From version 2 on the guest also writes the report data to the HCL before it reads the report.
    private static void RequireUserData(CheckList checks, AzureVtpmEvidence evidence, HclRuntimeData runtime, byte[]? reportData)
    {
        const string Id = "azure.hcl.user_data";
        if (evidence.Version < 2 || reportData is null)
        {
            checks.NotMade(Id, "user-data", evidence.Version < 2 ? "evidence of this version does not set it" : "no report data is expected");
            return;
        }

        FieldBinding.Require(
            checks, Id, "user-data", reportData, runtime.UserData ?? new byte[64], mayCut: false,
            "the HCL report was made for another challenge: attest again, with the nonce just received");
    }

    private static void RequireInitData(CheckList checks, byte[] pcr, byte[]? expected)
    {
        const string Id = "azure.init_data";
        if (expected is null)
        {
            checks.NotMade(Id, "PCR 8", "no init data is expected");
            return;
        }

        // SHA-256(0³² ‖ digest), the digest padded or cut to 32 bytes (evidence.md 1).
        Span<byte> extended = stackalloc byte[2 * AzureVtpmEvidence.PcrSize];
        extended.Clear();
        expected.AsSpan(0, Math.Min(expected.Length, AzureVtpmEvidence.PcrSize)).CopyTo(extended[AzureVtpmEvidence.PcrSize..]);
        var computed = SHA256.HashData(extended);
        checks.Require(
            expected.Length > 0 && computed.AsSpan().SequenceEqual(pcr), Id, "PCR 8", Convert.ToHexStringLower(computed), Convert.ToHexStringLower(pcr),
            "the guest was started with other init data, or something else extended PCR 8");
    }
}
