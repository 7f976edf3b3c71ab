using System.Security.Cryptography;
using Nacre.Evidence.Snp;

namespace Nacre.Verifiers.Snp;

/// <summary>What a report must be by itself: signed by its key, consistent, and of a guest that keeps its host out (evidence.md 5.4).</summary>
internal static class SnpReportChecks
{
    /// <summary>The product of the report, which version 2 leaves to the certificate; null, with the check failed, when it is none that is known.</summary>
    public static SnpProduct? Product(CheckList checks, SnpReport report, SnpVek? vek, SnpOptions options)
    {
        var product = report.Version >= 3 ? report.Product : vek is null ? null : SnpVekChecks.ProductOf(vek.Certificate, options.Roots);
        var (family, model, stepping) = report.Cpuid;
        var found = report.Version >= 3 ? $"CPUID family 0x{family:x2} model 0x{model:x2} stepping {stepping}"
            : vek is null ? "version 2 does not say, and no certificate does" : $"issuer {vek.Certificate.Issuer}";
        checks.Require(
            product is not null, "snp.report.product", "product of the processor", "Milan, Genoa or Turin", product is { } known ? known.Name() : found,
            "no root of AMD is known for this processor: a newer release may have it");
        return product;
    }

    /// <summary>Whether the report says it is signed, with an algorithm and a kind of key that are known.</summary>
    public static bool RequireSigned(CheckList checks, SnpReport report)
    {
        var algorithm = checks.Require(
            report.SignatureAlgorithm == 1, "snp.report.signature_algorithm", "SIGNATURE_ALGO", "1 (ECDSA P-384 with SHA-384)",
            $"{report.SignatureAlgorithm}", "take the report from the secure processor unchanged");
        return checks.Require(
            report.SigningKey is SnpSigningKey.Vcek or SnpSigningKey.Vlek, "snp.report.signing_key", "SIGNING_KEY", "VCEK (0) or VLEK (1)",
            $"{(int)report.SigningKey}", "have the host's operator let the secure processor sign reports") && algorithm;
    }

    public static void RequireSignature(CheckList checks, SnpReport report, SnpVek vek)
    {
        Span<byte> signature = stackalloc byte[96];
        report.WriteSignature(signature);
        var verifies = vek.Key.VerifyEcdsa(HashAlgorithmName.SHA384, report.Signed, signature);
        checks.Require(
            verifies, "snp.report.signature", "SIGNATURE over bytes 0x000 to 0x29f", "one by the certificate's key",
            verifies ? "it verifies" : "it does not verify", "the report was changed, or the certificate is that of another chip or of other versions");
    }

    public static void RequireVersions(CheckList checks, SnpReport report, SnpProduct product, SnpOptions options)
    {
        var (current, committed) = (SnpTcb.Read(report.CurrentTcb, product), SnpTcb.Read(report.CommittedTcb, product));
        var (reported, launch) = (SnpTcb.Read(report.ReportedTcb, product), SnpTcb.Read(report.LaunchTcb, product));

        // Every difference would mean that the firmware was rolled back behind what it reports.
        var inOrder = current is not null && committed is not null && reported is not null && launch is not null
            && reported.Value.IsAtMost(committed.Value) && committed.Value.IsAtMost(current.Value) && launch.Value.IsAtMost(current.Value);
        checks.Require(
            inOrder, "snp.report.tcb_order", "REPORTED_TCB, COMMITTED_TCB, LAUNCH_TCB, CURRENT_TCB", "reported ≤ committed ≤ current, launch ≤ current",
            $"reported {reported}; committed {committed}; launch {launch}; current {current}", "have the host's firmware updated and committed");

        if (options.MinimumTcb is { } minimum)
        {
            checks.Require(
                reported is { } known && minimum.IsAtMost(known), "snp.report.minimum_tcb", "REPORTED_TCB", $"at least {minimum}", $"{reported}",
                "have the host's firmware updated");
        }
    }

    public static void RequirePolicy(CheckList checks, SnpReport report, SnpOptions options)
    {
        var policy = report.Policy;
        checks.Require(
            report.Vmpl <= options.LeastPrivilegedVmpl, "snp.report.vmpl", "VMPL", $"at most {options.LeastPrivilegedVmpl}",
            report.Vmpl == uint.MaxValue ? "requested by the host" : $"{report.Vmpl}", "take the report at the privilege level that the verifier expects");

        checks.Require(
            policy.ReservedOneIsSet, "snp.report.policy", "POLICY", "bit 17 is one", $"0x{policy.Value:x}", "launch the guest with a valid policy");
        checks.Require(
            !policy.DebugAllowed || options.AllowDebug, "snp.report.debug", "POLICY.DEBUG", "not allowed",
            policy.DebugAllowed ? "the host may read and write the guest's memory" : "not allowed", "launch the guest without the debug bit in its policy");
        checks.Require(
            !policy.SmtAllowed || options.AllowSmt, "snp.report.smt", "POLICY.SMT", options.AllowSmt ? "any" : "not allowed",
            policy.SmtAllowed ? "allowed" : "not allowed", "launch the guest with a policy that forbids SMT");
        checks.Require(
            !policy.MigrationAgentAllowed || options.AllowMigrationAgent, "snp.report.migration", "POLICY.MIGRATE_MA",
            options.AllowMigrationAgent ? "any" : "not allowed", policy.MigrationAgentAllowed ? "allowed" : "not allowed",
            "launch the guest with a policy that forbids migration agents");
        checks.Require(
            report.GuestSvn >= options.MinimumGuestSvn, "snp.report.guest_svn", "GUEST_SVN", $"at least {options.MinimumGuestSvn}", $"{report.GuestSvn}",
            "launch a newer release of the guest");
    }
}
