using System.Text.Json.Nodes;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Snp;

/// <summary>What <see cref="SnpClaims"/> writes.</summary>
internal static class SnpClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The report of an SEV-SNP guest.",
        Integer("policy_abi_major", "Least major version of the firmware's interface that the guest asks for."),
        Integer("policy_abi_minor", "Least minor version of the same."),
        Boolean("policy_smt_allowed", "The guest may share a core with others."),
        Boolean("policy_migrate_ma", "A migration agent may move the guest."),
        Boolean("policy_debug_allowed", "The host may read and write the guest's memory."),
        Boolean("policy_single_socket", "The guest runs on one socket only."),
        Integer("reported_tcb_bootloader", "Version of the boot loader that the signing key is derived from."),
        Integer("reported_tcb_tee", "Version of the operating system of the security processor."),
        Integer("reported_tcb_snp", "Version of the SNP firmware."),
        Integer("reported_tcb_microcode", "Version of the microcode."),
        Integer("reported_tcb_fmc", "Version of the FMC; from Turin on.").Optional(),
        Boolean("platform_tsme_enabled", "All memory is encrypted, whoever owns it."),
        Boolean("platform_smt_enabled", "Cores run two threads."),
        Boolean("platform_ecc_enabled", "Memory has error correction."),
        Boolean("platform_rapl_disabled", "Energy counters are off."),
        Boolean("platform_ciphertext_hiding_enabled", "The host cannot read ciphertext."),
        Boolean("platform_alias_check_complete", "Memory was searched for aliases."),
        Hex("measurement", "Launch digest of the guest.", 48),
        Hex("report_data", "REPORT_DATA.", 64),
        Hex("init_data", "HOST_DATA: the init-data digest, cut or padded.", 32),
        Hex("chip_id", "The chip, or zeros where it is masked.", 64),
        OneOf("product", "The family of processors.", "Milan", "Genoa", "Turin"),
        Integer("report_version", "Version of the report."),
        Integer("guest_svn", "Security version of the guest."),
        Integer("vmpl", "The privilege level that asked; 0 is the highest."),
        OneOf("signing_key", "The kind of key that signed.", "vcek", "vlek"),
        Hex("family_id", "Of the ID block, chosen by the guest's owner.", 16),
        Hex("image_id", "Of the ID block, chosen by the guest's owner.", 16),
        Hex("id_key_digest", "Digest of the key that signed the ID block.", 48),
        Hex("author_key_digest", "Digest of the key that certified the ID key.", 48),
        Boolean("author_key_enabled", "author_key_digest is there."),
        Hex("report_id", "The guest, while it runs.", 32),
        Tcb("current_tcb", "Versions that run."),
        Tcb("committed_tcb", "Versions that cannot be rolled back."),
        Tcb("launch_tcb", "Versions at the time the guest was launched or imported."),
        Text("current_firmware", "Version of the firmware that runs."),
        Text("committed_firmware", "Version of the firmware that cannot be rolled back."),
        Text("csp_id", "The cloud provider that the key belongs to; with a VLEK.").Optional(),
        OneOf("collateral_expiration_status", "1 when a revocation list past its end was used; only with a list.", "0", "1").Optional(),
        Hex("launch_mit_vector", "Mitigations at launch; from report version 5 on.", 8).Optional(),
        Hex("current_mit_vector", "Mitigations now; from report version 5 on.", 8).Optional());

    private static ClaimSchema Tcb(string name, string description) => Object(
        name, description,
        Integer("bootloader", "Boot loader."),
        Integer("tee", "Operating system of the security processor."),
        Integer("snp", "SNP firmware."),
        Integer("microcode", "Microcode."),
        Integer("fmc", "FMC; from Turin on.").Optional());
}
