using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.EventLogs;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Tdx.TdxClaims>;
using AttributeClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Tdx.TdAttributes>;
using HeaderClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Tdx.TdxHeaderClaims>;
using ReportClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Tdx.TdReport>;

namespace Nacre.Verifiers.Tdx;

/// <summary>The claims of a TD, upstream's name for name: those of the quote are each field in hexadecimal, as it stands.</summary>
internal static class TdxClaimList
{
    /// <summary>The TD report.</summary>
    public static IReadOnlyList<ReportClaim> Report { get; } =
    [
        ReportClaim.Hex("tcb_svn", "Versions of the TDX module and its loader.", 16, r => r.TeeTcbSvn),
        ReportClaim.Hex("mr_seam", "Measurement of the TDX module.", 48, r => r.MrSeam),
        ReportClaim.Hex("mrsigner_seam", "Who signed the TDX module.", 48, r => r.MrSignerSeam),
        ReportClaim.Hex("seam_attributes", "Attributes of the TDX module.", 8, r => r.SeamAttributes),
        ReportClaim.Hex("td_attributes", "Attributes of the TD.", 8, r => r.TdAttributesBytes),
        ReportClaim.Hex("xfam", "Extended features of the TD.", 8, r => r.Xfam),
        ReportClaim.Hex("mr_td", "Measurement of the TD's first contents.", 48, r => r.MrTd),
        ReportClaim.Hex("mr_config_id", "MRCONFIGID.", 48, r => r.MrConfigId),
        ReportClaim.Hex("mr_owner", "MROWNER.", 48, r => r.MrOwner),
        ReportClaim.Hex("mr_owner_config", "MROWNERCONFIG.", 48, r => r.MrOwnerConfig),
        ReportClaim.Hex("rtmr_0", "Run-time register 0: firmware configuration.", 48, r => r.Rtmr(0)),
        ReportClaim.Hex("rtmr_1", "Run-time register 1: boot loader and kernel.", 48, r => r.Rtmr(1)),
        ReportClaim.Hex("rtmr_2", "Run-time register 2: kernel command line, initial file system.", 48, r => r.Rtmr(2)),
        ReportClaim.Hex("rtmr_3", "Run-time register 3: of the guest's choice.", 48, r => r.Rtmr(3)),
        ReportClaim.Hex("report_data", "REPORTDATA.", 64, r => r.ReportData),
        ReportClaim.Hex(
            "tee_tcb_svn2", "As tcb_svn, of the versions that run now; with TD report 1.5.", 16,
            r => r.Is15 ? r.TeeTcbSvn2.ToArray() : null).Optional(),
        ReportClaim.Hex(
            "mr_servicetd", "Measurement of the service TDs; with TD report 1.5.", 48,
            r => r.Is15 ? r.MrServiceTd.ToArray() : null).Optional(),
    ];

    private static readonly HeaderClaim[] s_header =
    [
        HeaderClaim.LittleEndian("version", "Version of the quote, little endian.", 2, h => h.Version),
        HeaderClaim.LittleEndian("att_key_type", "Kind of attestation key.", 2, h => h.AttestationKeyType),
        HeaderClaim.LittleEndian("tee_type", "81000000 for TDX.", 4, h => h.TeeType),
        HeaderClaim.LittleEndian("reserved", "Reserved.", 4, h => h.Reserved),
        HeaderClaim.Hex("vendor_id", "Who made the quoting enclave.", 16, h => h.VendorId),
        HeaderClaim.Hex("user_data", "Of the quoting enclave.", 20, h => h.UserData),
    ];

    private static readonly Claim<TdxClaims>[] s_quote =
    [
        Object("header", "Its header.", s_header, c => c.Header),
        Object("body", "The TD report.", Report, c => c.Report),
        LittleEndian("type", "Kind of body; from quote version 5 on.", 2, c => c.Body?.Type).Optional(),
        LittleEndian("size", "Length of the body; from quote version 5 on.", 4, c => c.Body?.Size).Optional(),
    ];

    private static readonly AttributeClaim[] s_attributes =
    [
        AttributeClaim.Boolean("debug", "The host may read and write the TD's memory.", a => a.IsUnderDebug),
        AttributeClaim.Boolean("septve_disable", "Faults of the host's making do not reach the guest.", a => a.SeptVeDisable),
        AttributeClaim.Boolean("protection_keys", "Supervisor protection keys.", a => a.ProtectionKeys),
        AttributeClaim.Boolean("key_locker", "Key Locker.", a => a.KeyLocker),
        AttributeClaim.Boolean("perfmon", "Performance monitoring.", a => a.PerformanceMonitoring),
    ];

    /// <summary>The claims of the quote without what it binds.</summary>
    public static IReadOnlyList<Claim<TdxClaims>> Quote { get; } =
    [
        Object("quote", "The quote, field by field.", s_quote, c => c),
        Object("td_attributes", "Attributes of the TD.", s_attributes, c => c.Report.Attributes),
    ];

    /// <summary>Intel's word on the platform.</summary>
    public static IReadOnlyList<Claim<TdxClaims>> Platform { get; } =
        [.. DcapClaimList.Platform.Concat(DcapClaimList.Current).Select(claim => claim.Of<TdxClaims>(c => c.Platform))];

    public static ClaimList<TdxClaims> All { get; } = new(
        "The quote of a TD.",
        [
            .. Quote,
            Hex("report_data", "REPORTDATA.", 64, c => c.Report.ReportData),
            Hex("init_data", "MRCONFIGID: the init-data digest, cut or padded.", 48, c => c.Report.MrConfigId),
            .. Platform,
            UefiEventClaimList.Log<TdxClaims>(c => c.UefiEventLogs),
        ]);
}
