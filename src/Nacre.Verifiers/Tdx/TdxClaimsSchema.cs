using System.Text.Json.Nodes;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Tdx;

/// <summary>What <see cref="TdxClaims"/> writes, with Intel's word on the platform and the event log.</summary>
internal static class TdxClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The quote of a TD.",
        [
            .. Quote(),
            .. DcapClaimsSchema.Create(),
            .. DcapClaimsSchema.CreateCurrent(),
            EventLogSchema.Create("uefi_event_logs").Optional(),
        ]);

    /// <summary>The claims of the quote alone.</summary>
    public static IReadOnlyList<ClaimSchema> Quote() =>
    [
        Object(
            "quote", "The quote, field by field.",
            Object(
                "header", "Its header.",
                Hex("version", "Version of the quote, little endian.", 2),
                Hex("att_key_type", "Kind of attestation key.", 2),
                Hex("tee_type", "81000000 for TDX.", 4),
                Hex("reserved", "Reserved.", 4),
                Hex("vendor_id", "Who made the quoting enclave.", 16),
                Hex("user_data", "Of the quoting enclave.", 20)),
            Object("body", "The TD report.", Body()),
            Hex("type", "Kind of body; from quote version 5 on.", 2).Optional(),
            Hex("size", "Length of the body; from quote version 5 on.", 4).Optional()),
        Object(
            "td_attributes", "Attributes of the TD.",
            Boolean("debug", "The host may read and write the TD's memory."),
            Boolean("septve_disable", "Faults of the host's making do not reach the guest."),
            Boolean("protection_keys", "Supervisor protection keys."),
            Boolean("key_locker", "Key Locker."),
            Boolean("perfmon", "Performance monitoring.")),
        Hex("report_data", "REPORTDATA.", 64),
        Hex("init_data", "MRCONFIGID: the init-data digest, cut or padded.", 48),
    ];

    private static IEnumerable<ClaimSchema> Body() =>
    [
        Hex("tcb_svn", "Versions of the TDX module and its loader.", 16),
        Hex("mr_seam", "Measurement of the TDX module.", 48),
        Hex("mrsigner_seam", "Who signed the TDX module.", 48),
        Hex("seam_attributes", "Attributes of the TDX module.", 8),
        Hex("td_attributes", "Attributes of the TD.", 8),
        Hex("xfam", "Extended features of the TD.", 8),
        Hex("mr_td", "Measurement of the TD's first contents.", 48),
        Hex("mr_config_id", "MRCONFIGID.", 48),
        Hex("mr_owner", "MROWNER.", 48),
        Hex("mr_owner_config", "MROWNERCONFIG.", 48),
        Hex("rtmr_0", "Run-time register 0: firmware configuration.", 48),
        Hex("rtmr_1", "Run-time register 1: boot loader and kernel.", 48),
        Hex("rtmr_2", "Run-time register 2: kernel command line, initial file system.", 48),
        Hex("rtmr_3", "Run-time register 3: of the guest's choice.", 48),
        Hex("report_data", "REPORTDATA.", 64),
        Hex("tee_tcb_svn2", "As tcb_svn, of the versions that run now; with TD report 1.5.", 16).Optional(),
        Hex("mr_servicetd", "Measurement of the service TDs; with TD report 1.5.", 48).Optional(),
    ];
}
