using Nacre.Evidence.Snp;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Snp.SnpClaims>;
using TcbClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Snp.SnpTcb>;

namespace Nacre.Verifiers.Snp;

/// <summary>The claims of SEV-SNP: upstream's names to <c>chip_id</c>, then more of the report.</summary>
internal static class SnpClaimList
{
    private static readonly TcbClaim[] s_tcb =
    [
        TcbClaim.Integer("bootloader", "Boot loader.", tcb => tcb.Bootloader),
        TcbClaim.Integer("tee", "Operating system of the security processor.", tcb => tcb.Tee),
        TcbClaim.Integer("snp", "SNP firmware.", tcb => tcb.Snp),
        TcbClaim.Integer("microcode", "Microcode.", tcb => tcb.Microcode),
        TcbClaim.Integer("fmc", "FMC; from Turin on.", tcb => tcb.Fmc).Optional(),
    ];

    public static ClaimList<SnpClaims> All { get; } = new(
        "The report of an SEV-SNP guest.",
        [
            Integer("policy_abi_major", "Least major version of the firmware's interface that the guest asks for.", c => c.Policy.AbiMajor),
            Integer("policy_abi_minor", "Least minor version of the same.", c => c.Policy.AbiMinor),
            Boolean("policy_smt_allowed", "The guest may share a core with others.", c => c.Policy.SmtAllowed),
            Boolean("policy_migrate_ma", "A migration agent may move the guest.", c => c.Policy.MigrationAgentAllowed),
            Boolean("policy_debug_allowed", "The host may read and write the guest's memory.", c => c.Policy.DebugAllowed),
            Boolean("policy_single_socket", "The guest runs on one socket only.", c => c.Policy.SingleSocketOnly),
            Integer(
                "reported_tcb_bootloader", "Version of the boot loader that the signing key is derived from.",
                c => c.ReportedTcb.Bootloader),
            Integer("reported_tcb_tee", "Version of the operating system of the security processor.", c => c.ReportedTcb.Tee),
            Integer("reported_tcb_snp", "Version of the SNP firmware.", c => c.ReportedTcb.Snp),
            Integer("reported_tcb_microcode", "Version of the microcode.", c => c.ReportedTcb.Microcode),
            Boolean("platform_tsme_enabled", "All memory is encrypted, whoever owns it.", c => c.Platform.TsmeEnabled),
            Boolean("platform_smt_enabled", "Cores run two threads.", c => c.Platform.SmtEnabled),
            Hex("measurement", "Launch digest of the guest.", 48, c => c.Measurement),
            Hex("report_data", "REPORT_DATA.", 64, c => c.ReportData),
            Hex("init_data", "HOST_DATA: the init-data digest, cut or padded.", 32, c => c.InitData),
            Hex("chip_id", "The chip, or zeros where it is masked.", 64, c => c.ChipId),
            OneOf("product", "The family of processors.", Enum.GetValues<SnpProduct>(), one => one.Name(), c => c.Product),
            Integer("report_version", "Version of the report.", c => c.ReportVersion),
            Integer("guest_svn", "Security version of the guest.", c => c.GuestSvn),
            Integer("vmpl", "The privilege level that asked; 0 is the highest.", c => c.Vmpl),
            OneOf(
                "signing_key", "The kind of key that signed.", [SnpSigningKey.Vcek, SnpSigningKey.Vlek],
                one => one == SnpSigningKey.Vlek ? "vlek" : "vcek", c => c.SigningKey),
            Hex("family_id", "Of the ID block, chosen by the guest's owner.", 16, c => c.FamilyId),
            Hex("image_id", "Of the ID block, chosen by the guest's owner.", 16, c => c.ImageId),
            Hex("id_key_digest", "Digest of the key that signed the ID block.", 48, c => c.IdKeyDigest),
            Hex("author_key_digest", "Digest of the key that certified the ID key.", 48, c => c.AuthorKeyDigest),
            Boolean("author_key_enabled", "author_key_digest is there.", c => c.AuthorKeyEnabled),
            Hex("report_id", "The guest, while it runs.", 32, c => c.ReportId),
            Boolean("platform_ecc_enabled", "Memory has error correction.", c => c.Platform.EccEnabled),
            Boolean("platform_rapl_disabled", "Energy counters are off.", c => c.Platform.RaplDisabled),
            Boolean("platform_ciphertext_hiding_enabled", "The host cannot read ciphertext.", c => c.Platform.CiphertextHidingEnabled),
            Boolean("platform_alias_check_complete", "Memory was searched for aliases.", c => c.Platform.AliasCheckComplete),
            Object("current_tcb", "Versions that run.", s_tcb, c => c.CurrentTcb),
            Object("committed_tcb", "Versions that cannot be rolled back.", s_tcb, c => c.CommittedTcb),
            Object("launch_tcb", "Versions at the time the guest was launched or imported.", s_tcb, c => c.LaunchTcb),
            Text("current_firmware", "Version of the firmware that runs.", c => c.CurrentFirmware.ToString()),
            Text("committed_firmware", "Version of the firmware that cannot be rolled back.", c => c.CommittedFirmware.ToString()),
            Integer("reported_tcb_fmc", "Version of the FMC; from Turin on.", c => c.ReportedTcb.Fmc).Optional(),
            Text("csp_id", "The cloud provider that the key belongs to; with a VLEK.", c => c.CspId).Optional(),
            OneOf(
                "collateral_expiration_status", "1 when a revocation list past its end was used; only with a list.", [false, true],
                one => one ? "1" : "0", c => c.CollateralExpired).Optional(),
            BigEndian("launch_mit_vector", "Mitigations at launch; from report version 5 on.", 8, c => c.LaunchMitigations).Optional(),
            BigEndian("current_mit_vector", "Mitigations now; from report version 5 on.", 8, c => c.CurrentMitigations).Optional(),
        ]);
}
