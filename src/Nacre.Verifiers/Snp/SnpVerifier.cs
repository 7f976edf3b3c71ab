using Nacre.Evidence;
using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral;

namespace Nacre.Verifiers.Snp;

/// <summary>
/// Verifies AMD SEV-SNP evidence (evidence.md 5.4): genuine (the report is signed by a key that AMD certifies for this chip and these
/// firmware versions), consistent, bound to the expected report data and init data, and of a guest that keeps its host out.
/// Not checked here: the measurement and the firmware versions against reference values, which is policy's part.
/// </summary>
public sealed class SnpVerifier(SnpOptions options) : IEvidenceVerifier
{
    private readonly VerificationKeyCache _keys = new();
    private readonly SnpProofs _proofs = new();

    public string Tee => TeeNames.Snp;

    public async ValueTask<Verdict> VerifyAsync(EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        cancel.ThrowIfCancellationRequested();

        var checks = new CheckList();
        SnpEvidence evidence;
        try
        {
            evidence = SnpEvidence.Parse(submission.Evidence);
        }
        catch (MalformedDataException error)
        {
            return Malformed(checks, error);
        }

        checks.Require(true, "snp.evidence.format", "evidence");
        return await VerifyAsync(checks, evidence.Report, evidence.EndorsementKey, submission, cancel);
    }

    /// <summary>
    /// The same for a report in its binary form. <paramref name="endorsementKey"/> is the certificate of its VCEK or VLEK, DER or PEM; null to
    /// look it up. The evidence of <paramref name="submission"/> is not read.
    /// </summary>
    public ValueTask<Verdict> VerifyReportAsync(
        ReadOnlyMemory<byte> report, byte[]? endorsementKey, EvidenceSubmission submission, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var checks = new CheckList();
        try
        {
            var parsed = SnpReport.Parse(report);
            checks.Require(true, "snp.evidence.format", "evidence");
            var certificate = endorsementKey is null ? null
                : new SnpCertificate(parsed.SigningKey == SnpSigningKey.Vlek ? "VLEK" : "VCEK", endorsementKey);
            return VerifyAsync(checks, parsed, certificate, submission, cancel);
        }
        catch (MalformedDataException error)
        {
            return ValueTask.FromResult(Malformed(checks, error));
        }
    }

    private async ValueTask<Verdict> VerifyAsync(
        CheckList checks, SnpReport report, SnpCertificate? sent, EvidenceSubmission submission, CancellationToken cancel)
    {
        FieldBinding.Require(
            checks, "snp.report_data", "REPORT_DATA", submission.ReportData, report.ReportData, mayCut: false,
            "the report was made for another challenge or another TEE key: attest again, with the nonce just received");
        FieldBinding.Require(
            checks, "snp.init_data", "HOST_DATA", submission.InitDataDigest, report.HostData, mayCut: true,
            "the guest was launched with other init data");

        if (await RequireGenuineAsync(checks, report, sent, submission.At, cancel) is not { } genuine)
            return checks.Refuse();

        return checks.Conclude(() => [new(Tee, "cpu", SnpClaims.Create(report, genuine))]);
    }

    /// <summary>All checks but those of the bindings; null when the report cannot be attributed to a processor at all.</summary>
    internal async ValueTask<SnpPlatformKey?> RequireGenuineAsync(
        CheckList checks, SnpReport report, SnpCertificate? sent, DateTimeOffset at, CancellationToken cancel)
    {
        SnpReportChecks.RequirePolicy(checks, report, options);
        if (!SnpReportChecks.RequireSigned(checks, report))
            return null;

        var bytes = sent?.Data ?? await FetchAsync(checks, report, cancel);
        if (bytes is null)
            return null;

        var vek = SnpVekChecks.Read(checks, bytes, _keys);
        if (vek is null || SnpReportChecks.Product(checks, report, vek, options) is not { } product)
            return null;

        if (sent is not null)
        {
            var label = report.SigningKey == SnpSigningKey.Vlek ? "VLEK" : "VCEK";
            checks.Require(sent.Type == label, "snp.vek.label", "cert_type", label, sent.Type, "label the certificate as what it is");
        }

        var roots = options.Roots(product);
        SnpVekChecks.Require(checks, vek, report, product, roots, at, _proofs);
        SnpReportChecks.RequireSignature(checks, report, vek);
        SnpReportChecks.RequireVersions(checks, report, product, options);
        return new(product, vek.Extensions, await RequireNotRevokedAsync(checks, report, vek, product, roots, at, cancel));
    }

    private async ValueTask<byte[]?> FetchAsync(CheckList checks, SnpReport report, CancellationToken cancel)
    {
        const string Id = "snp.vek.present";
        const string Subject = "certificate of the signing key";
        if (options.Collateral is not { } collateral || report.SigningKey != SnpSigningKey.Vcek || NameOf(report) is not { } name)
        {
            var why = report.SigningKey != SnpSigningKey.Vcek ? "a VLEK is handed out by the provider only"
                : options.Collateral is null ? "no source of certificates is configured"
                : !report.ChipId.ContainsAnyExcept((byte)0) ? "the host masks the chip id, so it cannot be looked up" : "the product is not known";
            checks.Require(false, Id, Subject, "one in the evidence", $"none, and {why}", "have the guest send the certificate with its report");
            return null;
        }

        try
        {
            var found = await collateral.FindVcekAsync(name, cancel);
            checks.Require(
                found is not null, Id, Subject, $"the VCEK of chip {name.ChipIdHex} at {name.Tcb}", found is null ? "there is none" : "looked up",
                "put it into the configured store, or have the guest send it with its report");
            return found;
        }
        catch (CollateralUnavailableException error)
        {
            checks.Require(false, Id, Subject, "an answer of the collateral service", error.Message, "see that the service can be reached, then attest again");
            return null;
        }
    }

    private static VcekName? NameOf(SnpReport report)
    {
        // Version 2 does not name its product; a chip id of eight bytes is Turin's (evidence.md 5.1), and Genoa never reported version 2 in production.
        var product = report.Version >= 3 ? report.Product
            : report.ChipId[8..].ContainsAnyExcept((byte)0) ? SnpProduct.Milan : SnpProduct.Turin;
        if (product is not { } known || !report.ChipId.ContainsAnyExcept((byte)0) || SnpTcb.Read(report.ReportedTcb, known) is not { } tcb)
            return null;

        return new(known, Convert.ToHexStringLower(known == SnpProduct.Turin ? report.ChipId[..8] : report.ChipId), tcb);
    }

    private async ValueTask<bool?> RequireNotRevokedAsync(
        CheckList checks, SnpReport report, SnpVek vek, SnpProduct product, AmdRoots roots, DateTimeOffset at, CancellationToken cancel)
    {
        var reason = "none is at hand";
        try
        {
            if (options.Collateral is { } source && await source.FindRevocationListAsync(product, report.SigningKey, cancel) is { } list)
                return SnpRevocation.Require(checks, list, vek, roots, report.SigningKey, at, options.CollateralGrace, _proofs);
        }
        catch (CollateralUnavailableException error)
        {
            reason = error.Message;
        }

        SnpRevocation.RequireAbsent(checks, options.RequireRevocationList, reason);
        return null;
    }

    private static Verdict Malformed(CheckList checks, MalformedDataException error)
    {
        checks.Require(
            false, "snp.evidence.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the evidence of SEV-SNP", error.Rule,
            "send the evidence as the attestation agent writes it");
        return checks.Refuse();
    }
}

/// <summary>What is known of the processor once a report was found genuine.</summary>
/// <param name="Product">Its product.</param>
/// <param name="Extensions">Of the certificate of the key that signed.</param>
/// <param name="IsListStale">Whether the revocation list was behind its end; null when there was none.</param>
internal sealed record SnpPlatformKey(SnpProduct Product, SnpVekExtensions Extensions, bool? IsListStale);
