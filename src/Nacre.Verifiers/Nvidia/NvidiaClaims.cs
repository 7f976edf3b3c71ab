using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// The claims of one device. <c>arch</c>, <c>uuid</c>, <c>measurements</c> and <c>config</c> are those of upstream's local verifier, name
/// for name (evidence.md 13.2); the rest has the names of NVIDIA's remote service, as far as the same thing was checked here.
/// </summary>
internal static class NvidiaClaims
{
    public static JsonObject Create(NvidiaDeviceEvidence device, NvidiaChain chain, NvidiaArchitecture architecture, bool nonceChecked)
    {
        var report = device.Report;
        var measurements = new JsonObject();
        foreach (var block in report.Spdm.Blocks)
            measurements[block.Index.ToString(CultureInfo.InvariantCulture)] = Convert.ToHexStringLower(block.Value.Span);

        var config = new JsonObject();
        foreach (var (type, data) in report.Items)
            config[Name(type)] = Value(report, (NvidiaOpaqueField)type, data.Span);
        if (report.SwitchPorts is { } ports)
            config["switch_ports"] = Convert.ToHexStringLower(ports);

        var claims = new JsonObject
        {
            ["arch"] = architecture.Name(),
            ["measurements"] = measurements,
            ["config"] = config,
            ["ueid"] = chain.Leaf.SerialNumber.ToString(CultureInfo.InvariantCulture),
            ["hwmodel"] = chain.HardwareModel,
        };

        // What the guest calls the device. Nothing vouches for it, unlike for ueid.
        if (device.Uuid is not null)
            claims["uuid"] = device.Uuid;

        var prefix = $"x-nvidia-{architecture.TeeClass()}-";
        claims[prefix + "arch-check"] = true;
        claims[prefix + "attestation-report-parsed"] = true;
        claims[prefix + "attestation-report-signature-verified"] = true;
        if (nonceChecked)
            claims[prefix + "attestation-report-nonce-match"] = true;
        if (report.Find(NvidiaOpaqueField.Fwid) is not null)
            claims[prefix + "attestation-report-cert-chain-fwid-match"] = true;
        if (report.DriverVersion is { } driver)
            claims[prefix + "driver-version"] = driver;
        if (report.VbiosVersion is { } vbios)
            claims[$"{prefix}{(architecture == NvidiaArchitecture.Ls10 ? "bios" : "vbios")}-version"] = vbios.ToUpperInvariant();
        return claims;
    }

    internal static string Name(ushort type) => (NvidiaOpaqueField)type switch
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
        _ => type.ToString(CultureInfo.InvariantCulture),
    };

    internal static bool IsText(NvidiaOpaqueField field) => field is NvidiaOpaqueField.VbiosVersion or NvidiaOpaqueField.DriverVersion
        or NvidiaOpaqueField.ChipSku or NvidiaOpaqueField.ChipSkuMod or NvidiaOpaqueField.Project or NvidiaOpaqueField.ProjectSku
        or NvidiaOpaqueField.ChipInfo or NvidiaOpaqueField.Nvdec0Status or NvidiaOpaqueField.ProtectedPcieStatus;

    private static JsonNode Value(NvidiaReport report, NvidiaOpaqueField field, ReadOnlySpan<byte> data)
    {
        switch (field)
        {
            case NvidiaOpaqueField.VbiosVersion:
                return report.VbiosVersion!;
            case NvidiaOpaqueField.MeasurementCount:
                return Counts(data);
            case NvidiaOpaqueField.SwitchPdi or NvidiaOpaqueField.SwitchGpuPdis:
                return new JsonArray([.. report.FindPdis(field).Select(pdi => (JsonNode)Convert.ToHexStringLower(pdi))]);
            case NvidiaOpaqueField.OpaqueDataVersion:
                return Number(data);
            case NvidiaOpaqueField.FeatureFlag:
                return Number(data) switch { 0 => "SPT", 1 => "MPT", 2 => "PPCIE", _ => "unknown" };
            default:
                // Upstream reads the two status bytes as text as well: 0x55 (off) is "U". 0xaa (on) is no text; it stays hexadecimal.
                return (IsText(field) ? report.FindText(field) : null) ?? Convert.ToHexStringLower(data);
        }
    }

    private static JsonObject Counts(ReadOnlySpan<byte> data)
    {
        var counts = new JsonObject();
        for (var i = 0; i < data.Length / sizeof(uint); i++)
            counts[(i + 1).ToString(CultureInfo.InvariantCulture)] = BinaryPrimitives.ReadUInt32LittleEndian(data[(i * sizeof(uint))..]);
        return counts;
    }

    private static ulong Number(ReadOnlySpan<byte> littleEndian)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        littleEndian.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64LittleEndian(padded);
    }
}
