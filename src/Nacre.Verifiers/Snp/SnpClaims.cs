using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Snp;

namespace Nacre.Verifiers.Snp;

/// <summary>The claims of a report. The first block is upstream's, name for name (trust.md 3.9, snp); the rest is more of the report.</summary>
internal static class SnpClaims
{
    public static JsonObject Create(SnpReport report, SnpPlatformKey key)
    {
        var (product, vek, isListStale) = key;
        var (policy, platform) = (report.Policy, report.Platform);
        var reported = Tcb(report.ReportedTcb, product);
        var claims = new JsonObject
        {
            ["policy_abi_major"] = policy.AbiMajor,
            ["policy_abi_minor"] = policy.AbiMinor,
            ["policy_smt_allowed"] = policy.SmtAllowed,
            ["policy_migrate_ma"] = policy.MigrationAgentAllowed,
            ["policy_debug_allowed"] = policy.DebugAllowed,
            ["policy_single_socket"] = policy.SingleSocketOnly,
            ["reported_tcb_bootloader"] = reported.Bootloader,
            ["reported_tcb_tee"] = reported.Tee,
            ["reported_tcb_snp"] = reported.Snp,
            ["reported_tcb_microcode"] = reported.Microcode,
            ["platform_tsme_enabled"] = platform.TsmeEnabled,
            ["platform_smt_enabled"] = platform.SmtEnabled,
            ["measurement"] = Hex(report.Measurement),
            ["report_data"] = Hex(report.ReportData),
            ["init_data"] = Hex(report.HostData),
            ["chip_id"] = Hex(report.ChipId),

            ["product"] = product.Name(),
            ["report_version"] = report.Version,
            ["guest_svn"] = report.GuestSvn,
            ["vmpl"] = report.Vmpl,
            ["signing_key"] = report.SigningKey == SnpSigningKey.Vlek ? "vlek" : "vcek",
            ["family_id"] = Hex(report.FamilyId),
            ["image_id"] = Hex(report.ImageId),
            ["id_key_digest"] = Hex(report.IdKeyDigest),
            ["author_key_digest"] = Hex(report.AuthorKeyDigest),
            ["author_key_enabled"] = report.AuthorKeyPresent,
            ["report_id"] = Hex(report.ReportId),
            ["platform_ecc_enabled"] = platform.EccEnabled,
            ["platform_rapl_disabled"] = platform.RaplDisabled,
            ["platform_ciphertext_hiding_enabled"] = platform.CiphertextHidingEnabled,
            ["platform_alias_check_complete"] = platform.AliasCheckComplete,
            ["current_tcb"] = TcbJson(Tcb(report.CurrentTcb, product)),
            ["committed_tcb"] = TcbJson(Tcb(report.CommittedTcb, product)),
            ["launch_tcb"] = TcbJson(Tcb(report.LaunchTcb, product)),
            ["current_firmware"] = report.CurrentFirmware.ToString(),
            ["committed_firmware"] = report.CommittedFirmware.ToString(),
        };

        if (reported.Fmc is { } fmc)
            claims["reported_tcb_fmc"] = fmc;
        if (vek.ProviderId is { } provider)
            claims["csp_id"] = provider;
        if (isListStale is { } isStale)
            claims["collateral_expiration_status"] = isStale ? "1" : "0";
        if (report.Version >= 5)
        {
            claims["launch_mit_vector"] = report.LaunchMitigations.ToString("x16", CultureInfo.InvariantCulture);
            claims["current_mit_vector"] = report.CurrentMitigations.ToString("x16", CultureInfo.InvariantCulture);
        }

        return claims;
    }

    // The order of versions was checked before, and with it that each can be read.
    private static SnpTcb Tcb(ReadOnlySpan<byte> bytes, SnpProduct product) =>
        SnpTcb.Read(bytes, product) ?? throw new System.Diagnostics.UnreachableException();

    private static JsonObject TcbJson(SnpTcb tcb)
    {
        var json = new JsonObject { ["bootloader"] = tcb.Bootloader, ["tee"] = tcb.Tee, ["snp"] = tcb.Snp, ["microcode"] = tcb.Microcode };
        if (tcb.Fmc is { } fmc)
            json["fmc"] = fmc;
        return json;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
