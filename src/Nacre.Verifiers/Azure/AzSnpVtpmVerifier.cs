using System.Text;
using Nacre.Evidence;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Snp;

namespace Nacre.Verifiers.Azure;

/// <summary>
/// Verifies the evidence of an Azure confidential VM on SEV-SNP (evidence.md 8.3): a vTPM quote by a key that the processor's report binds.
/// The processor measures Microsoft's paravisor; the guest's own state is in the vTPM's registers.
/// </summary>
public sealed class AzSnpVtpmVerifier(SnpOptions options) : IEvidenceVerifier
{
    private readonly SnpVerifier _snp = new(options);

    public string Tee => TeeNames.AzSnpVtpm;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();

        var checks = new CheckList();
        AzureVtpmEvidence evidence;
        SnpReport report;
        byte[] vcek;
        try
        {
            evidence = AzureVtpmEvidence.Parse(submission.Evidence, "vcek");
            vcek = Leaf(evidence.Endorsement);
            report = SnpReport.Parse(evidence.HclReport.HardwareReport);
        }
        catch (MalformedDataException error)
        {
            AzureVtpmChecks.Malformed(checks, error);
            return checks.Refuse();
        }

        if (AzureVtpmChecks.Require(checks, evidence, HclReportType.Snp, submission) is not { } attest)
            return checks.Refuse();

        AzureVtpmChecks.RequireBinding(checks, evidence.HclReport, report.ReportData);
        if (await _snp.RequireGenuineAsync(checks, report, new("VCEK", vcek), submission.At, cancel) is not { } genuine)
            return checks.Refuse();

        return checks.Conclude(() => [new(Tee, "cpu", AzSnpVtpmClaims.Create(SnpClaims.Create(report, genuine), evidence, attest))]);
    }

    // Version 0 may send the whole chain; the authorities in it are not needed, but must be AMD's all the same.
    private static byte[] Leaf(byte[] derOrPem)
    {
        if (!derOrPem.AsSpan().StartsWith("-----BEGIN"u8))
            return derOrPem;

        var chain = PemCertificates.Parse(Encoding.ASCII.GetString(derOrPem));
        return chain.Skip(1).FirstOrDefault(one => !AmdRoots.IsAuthority(one)) is { } other
            ? throw new MalformedDataException("azure.evidence", "vcek", 0, $"holds {other.Subject}, which is no authority of AMD's")
            : chain[0].Raw.ToArray();
    }
}
