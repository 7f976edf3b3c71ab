using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Nvidia.NvidiaDeviceClaims>;
using DeviceClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Nvidia.NvidiaDeviceClaims>;
using FabricClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Nvidia.NvidiaFabricClaims>;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// The claims of NVIDIA's devices. <c>arch</c>, <c>uuid</c>, <c>measurements</c> and <c>config</c> are those of upstream's local verifier,
/// name for name; the rest has the names of NVIDIA's remote service, as far as the same thing was checked here.
/// </summary>
internal static class NvidiaClaimList
{
    public static ClaimList<NvidiaDeviceClaims> Device { get; } = new(
        "An NVIDIA device.",
        [
            OneOf("arch", "The kind of device.", Enum.GetValues<NvidiaArchitecture>(), one => one.Name(), c => c.Architecture),
            HexByNumber("measurements", "Measurements by their index.", "A measurement.", c => c.Measurements),
            NvidiaItemClaims.Configuration.Of<NvidiaDeviceClaims>(c => c.Report),
            Text("ueid", "Serial number of the device's certificate, in decimal.", c => c.Ueid.ToString(CultureInfo.InvariantCulture)),
            Text("hwmodel", "The model, as the certificates name it.", c => c.HardwareModel).Optional(),
            Text("uuid", "What the guest calls the device. Nothing vouches for it.", c => c.Uuid).Optional(),
            .. Kind(isSwitch: false, "vbios", ["driver", "vbios"]),
            .. Kind(isSwitch: true, "bios", ["bios"]),
            OneOf(
                "measres", "How the measurements compare with the manifests; with a source of manifests.",
                Enum.GetValues<NvidiaManifestResult>(), one => one.ToString().ToLowerInvariant(), c => c.Manifests?.Result).Optional(),
        ]);

    public static ClaimList<NvidiaFabricClaims> Fabric { get; } = new(
        "A protected fabric.",
        [
            FabricClaim.Integer("gpu_count", "GPUs of the fabric; class ppcie only.", c => c.GpuCount),
            FabricClaim.Integer("switch_count", "Switches of the fabric; class ppcie only.", c => c.SwitchCount),
        ]);

    /// <summary>Of a GPU, of a switch, and of a protected fabric together; so nothing is always there.</summary>
    public static JsonObject Schema() => ClaimSchema.ObjectType(
        "An NVIDIA device: a GPU, a switch, or, as class ppcie, all of a protected fabric.",
        [
            .. Device.Claims.Select(claim => claim.Optional().Schema()),
            .. Fabric.Claims.Select(claim => claim.Optional().Schema()),
        ]);

    // The first three are always true: otherwise there would be no claims.
    private static IEnumerable<DeviceClaim> Kind(bool isSwitch, string bios, string[] manifests)
    {
        var prefix = $"x-nvidia-{(isSwitch ? NvidiaArchitecture.Ls10 : NvidiaArchitecture.Hopper).TeeClass()}-";
        DeviceClaim[] claims =
        [
            Boolean(prefix + "arch-check", "The certificates are of this kind of device.", _ => true),
            Boolean(prefix + "attestation-report-parsed", "The report parses.", _ => true),
            Boolean(prefix + "attestation-report-signature-verified", "The device signed the report.", _ => true),
            Boolean(
                prefix + "attestation-report-nonce-match", "The report is for this challenge; when one was expected.",
                c => c.NonceMatch ? true : null),
            Boolean(
                prefix + "attestation-report-cert-chain-fwid-match", "The firmware is the one certified; when the report names it.",
                c => c.FwidMatch ? true : null),
            Text(prefix + "driver-version", "Version of the driver; when the report names it.", c => c.Report.DriverVersion),
            Text(
                $"{prefix}{bios}-version", "Version of the BIOS; when the report names it.",
                c => c.Report.VbiosVersion?.ToUpperInvariant()),
            .. manifests.SelectMany(part => Manifest(prefix, part)),
        ];
        return claims.Select(claim => claim.When(c => c.Architecture == NvidiaArchitecture.Ls10 == isSwitch));
    }

    private static DeviceClaim[] Manifest(string prefix, string part)
    {
        return
        [
            Fact("fetched", "There is a manifest", manifest => manifest.IsFetched),
            Fact("signature-verified", "NVIDIA signed it", manifest => manifest.IsRight),
            Fact("version-match", "It is for this version", manifest => manifest.IsRight),
        ];

        DeviceClaim Fact(string name, string description, Func<NvidiaManifestPart, bool> value) => Boolean(
            $"{prefix}{part}-rim-{name}", $"{description} ({part}); with a source of manifests.",
            c => c.Manifests?.Parts.GetValueOrDefault(part) is { } manifest ? value(manifest) : null);
    }
}
