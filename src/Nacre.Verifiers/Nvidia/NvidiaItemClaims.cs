using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Nvidia.NvidiaReport>;
using ReportClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Nvidia.NvidiaReport>;

namespace Nacre.Verifiers.Nvidia;

/// <summary>The claim <c>config</c>: the opaque items of a report (evidence.md 13.1), by upstream's names.</summary>
internal static class NvidiaItemClaims
{
    private static readonly ReportClaim[] s_items =
    [
        .. Enum.GetValues<NvidiaOpaqueField>().Where(field => field != NvidiaOpaqueField.Invalid).Select(field => Item(field).Optional()),
        Hex("switch_ports", "Ports of a switch.", report => report.SwitchPorts).Optional(),
    ];

    public static ReportClaim Configuration { get; } = new("config", Describe, Write);

    // Devices may send items of other kinds, which are named by their number and are hexadecimal.
    private static ClaimSchema Describe()
    {
        var config = ClaimSchema.Object("config", "What the report says beside its measurements.", s_items.Select(item => item.Schema()));
        config.Type["additionalProperties"] = ClaimSchema.HexType("An item without a name.");
        return config;
    }

    private static JsonObject Write(NvidiaReport report)
    {
        var config = ToJson(s_items, report);
        foreach (var (type, data) in report.Items.Where(item => !Enum.IsDefined((NvidiaOpaqueField)item.Key)))
            config.Add(type.ToString(CultureInfo.InvariantCulture), Convert.ToHexStringLower(data.Span));
        return config;
    }

    private static ReportClaim Item(NvidiaOpaqueField field)
    {
        var name = Name(field);
        var text = $"Item {(int)field} of the report, as text.";
        return field switch
        {
            NvidiaOpaqueField.MeasurementCount => Map(
                name, "Counts by their place, from 1.", () => ClaimSchema.IntegerType("A count."), report => Counts(report.Find(field))),
            NvidiaOpaqueField.SwitchPdi or NvidiaOpaqueField.SwitchGpuPdis => List(
                name, "Device identities.", () => ClaimSchema.HexType("One of them.", 8),
                report => report.Find(field) is null ? null : report.FindPdis(field).Select(pdi => Convert.ToHexStringLower(pdi))),
            NvidiaOpaqueField.OpaqueDataVersion => Integer(name, "Version of these items.", report => Number(report.Find(field))),
            NvidiaOpaqueField.FeatureFlag => OneOf(
                name, "The mode of the device.", ["SPT", "MPT", "PPCIE", "unknown"],
                report => Number(report.Find(field)) switch { null => null, 0 => "SPT", 1 => "MPT", 2 => "PPCIE", _ => "unknown" }),
            NvidiaOpaqueField.VbiosVersion => Text(name, text, report => report.VbiosVersion),

            // Upstream reads the two status bytes as text as well: 0x55 (off) is "U". 0xaa (on) is no text; it stays hexadecimal.
            NvidiaOpaqueField.DriverVersion or NvidiaOpaqueField.ChipSku or NvidiaOpaqueField.ChipSkuMod or NvidiaOpaqueField.Project
                or NvidiaOpaqueField.ProjectSku or NvidiaOpaqueField.ChipInfo or NvidiaOpaqueField.Nvdec0Status
                or NvidiaOpaqueField.ProtectedPcieStatus => Text(
                    name, text,
                    report => report.FindText(field) ?? (report.Find(field) is { } bytes ? Convert.ToHexStringLower(bytes) : null)),
            _ => Hex(name, $"Item {(int)field} of the report.", report => report.Find(field)),
        };
    }

    private static string Name(NvidiaOpaqueField field) => field switch
    {
        NvidiaOpaqueField.CertIssuerName => "cert_issuer_name",
        NvidiaOpaqueField.CertAuthorityKeyIdentifier => "cert_authority_key_identifier",
        NvidiaOpaqueField.DriverVersion => "driver_version",
        NvidiaOpaqueField.GpuInfo => "gpu_info",
        NvidiaOpaqueField.IdSku => "id_sku",
        NvidiaOpaqueField.VbiosVersion => "vbios_version",
        NvidiaOpaqueField.ManufacturerId => "manufacturer_id",
        NvidiaOpaqueField.TamperDetection => "tamper_detection",
        NvidiaOpaqueField.Smc => "smc",
        NvidiaOpaqueField.Vpr => "vpr",
        NvidiaOpaqueField.Nvdec0Status => "nvdec0_status",
        NvidiaOpaqueField.MeasurementCount => "measurement_count",
        NvidiaOpaqueField.CprInfo => "cpr_info",
        NvidiaOpaqueField.BoardId => "board_id",
        NvidiaOpaqueField.ChipSku => "chip_sku",
        NvidiaOpaqueField.ChipSkuMod => "chip_sku_mod",
        NvidiaOpaqueField.Project => "project",
        NvidiaOpaqueField.ProjectSku => "project_sku",
        NvidiaOpaqueField.ProjectSkuMod => "project_sku_mod",
        NvidiaOpaqueField.Fwid => "fwid",
        NvidiaOpaqueField.ProtectedPcieStatus => "protected_pcie_status",
        NvidiaOpaqueField.SwitchPdi => "switch_pdi",
        NvidiaOpaqueField.FloorsweptPorts => "floorswept_ports",
        NvidiaOpaqueField.PositionId => "position_id",
        NvidiaOpaqueField.LockSwitchStatus => "lock_switch_status",
        NvidiaOpaqueField.SwitchGpuPdis => "switch_gpu_pdis",
        NvidiaOpaqueField.GpuLinkConn => "gpu_link_conn",
        NvidiaOpaqueField.SysEnableStatus => "sys_enable_status",
        NvidiaOpaqueField.OpaqueDataVersion => "opaque_data_version",
        NvidiaOpaqueField.ChipInfo => "chip_info",
        NvidiaOpaqueField.FeatureFlag => "feature_flag",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "has no name"),
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>>? Counts(byte[]? bytes) => bytes?.Chunk(sizeof(uint)).Select(
        (count, index) => KeyValuePair.Create((index + 1).ToString(CultureInfo.InvariantCulture), (JsonNode?)BinaryPrimitives.ReadUInt32LittleEndian(count)));

    private static ulong? Number(byte[]? littleEndian)
    {
        if (littleEndian is null)
            return null;

        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        littleEndian.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64LittleEndian(padded);
    }
}
