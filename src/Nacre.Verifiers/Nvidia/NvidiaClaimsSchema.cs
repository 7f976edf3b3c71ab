using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Nvidia;

/// <summary>What <see cref="NvidiaVerifier"/> says of a GPU, of a switch, and of a protected fabric; so nothing is always there.</summary>
internal static class NvidiaClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "An NVIDIA device: a GPU, a switch, or, as class ppcie, all of a protected fabric.",
        [
            OneOf("arch", "The kind of device.", Enum.GetValues<NvidiaArchitecture>().Select(one => one.Name())).Optional(),
            Map("measurements", "Measurements by their index.", HexType("A measurement.")).Optional(),
            Configuration().Optional(),
            Text("ueid", "Serial number of the device's certificate, in decimal.").Optional(),
            Text("hwmodel", "The model, as the certificates name it.").Optional(),
            Text("uuid", "What the guest calls the device. Nothing vouches for it.").Optional(),
            OneOf("measres", "How the measurements compare with the manifests; with a source of manifests.", "absent", "fail", "success")
                .Optional(),
            .. Device(NvidiaArchitecture.Hopper, "vbios", ["driver", "vbios"]),
            .. Device(NvidiaArchitecture.Ls10, "bios", ["bios"]),
            Integer("gpu_count", "GPUs of the fabric; class ppcie only.").Optional(),
            Integer("switch_count", "Switches of the fabric; class ppcie only.").Optional(),
        ]);

    private static IEnumerable<ClaimSchema> Device(NvidiaArchitecture architecture, string bios, string[] manifests)
    {
        var prefix = $"x-nvidia-{architecture.TeeClass()}-";
        ClaimSchema[] claims =
        [
            Boolean(prefix + "arch-check", "The certificates are of this kind of device."),
            Boolean(prefix + "attestation-report-parsed", "The report parses."),
            Boolean(prefix + "attestation-report-signature-verified", "The device signed the report."),
            Boolean(prefix + "attestation-report-nonce-match", "The report is for this challenge; when one was expected."),
            Boolean(prefix + "attestation-report-cert-chain-fwid-match", "The firmware is the one certified; when the report names it."),
            Text(prefix + "driver-version", "Version of the driver; when the report names it."),
            Text($"{prefix}{bios}-version", "Version of the BIOS; when the report names it."),
            .. manifests.SelectMany(part => (ClaimSchema[])[
                Boolean($"{prefix}{part}-rim-fetched", $"There is a manifest ({part}); with a source of manifests."),
                Boolean($"{prefix}{part}-rim-signature-verified", $"NVIDIA signed it ({part}); with a source of manifests."),
                Boolean($"{prefix}{part}-rim-version-match", $"It is for this version ({part}); with a source of manifests."),
            ]),
        ];
        return claims.Select(claim => claim.Optional());
    }

    // Devices may send items of other kinds, which are named by their number and are hexadecimal.
    private static ClaimSchema Configuration()
    {
        var items = Enum.GetValues<NvidiaOpaqueField>().Where(field => field != NvidiaOpaqueField.Invalid).Select(Item)
            .Append(Hex("switch_ports", "Ports of a switch."));
        var config = Object("config", "What the report says beside its measurements.", items.Select(item => item.Optional()));
        config.Type["additionalProperties"] = HexType("An item without a name.");
        return config;
    }

    private static ClaimSchema Item(NvidiaOpaqueField field)
    {
        var name = NvidiaClaims.Name((ushort)field);
        return field switch
        {
            NvidiaOpaqueField.MeasurementCount => Map(name, "Counts by their place, from 1.", IntegerType("A count.")),
            NvidiaOpaqueField.SwitchPdi or NvidiaOpaqueField.SwitchGpuPdis => List(name, "Device identities.", HexType("One of them.", 8)),
            NvidiaOpaqueField.OpaqueDataVersion => Integer(name, "Version of these items."),
            NvidiaOpaqueField.FeatureFlag => OneOf(name, "The mode of the device.", "SPT", "MPT", "PPCIE", "unknown"),
            _ when NvidiaClaims.IsText(field) => Text(name, $"Item {(int)field} of the report, as text."),
            _ => Hex(name, $"Item {(int)field} of the report."),
        };
    }
}
