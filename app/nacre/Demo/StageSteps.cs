using System.Security.Cryptography.X509Certificates;
using Nacre.Attesters.Tpm;

namespace Nacre.Cli.Demo;

/// <summary>Puts up what the story needs: a machine, the owner's server, somebody's registry.</summary>
internal sealed class StageSteps(DemoScene scene)
{
    public async Task<string> StartMachineAsync(CancellationToken cancel)
    {
        scene.Machine = scene.Owns(await SwtpmProcess.StartAsync(scene.In("machine"), scene.Maker, scene.Keep, cancel));
        await using var attester = GuestMachine.OpenAttester(scene.Machine);
        var offer = await attester.DescribeKeyAsync(cancel);
        using var certificate = X509CertificateLoader.LoadCertificate(offer.EkCertificates[0]);
        return $"swtpm at {scene.Machine.Endpoint}; its endorsement key's certificate, read from NV, is by {certificate.Issuer}";
    }

    public async Task<string> StartServerAsync(CancellationToken cancel)
    {
        scene.Server = scene.Owns(await ServerProcess.StartAsync(
            scene.In("server"), [scene.Maker.RootFile, scene.Maker.IssuerFile], scene.Keep, cancel));
        var mode = File.GetUnixFileMode(scene.Server.AdminTokenFile);
        if (mode != (UnixFileMode.UserRead | UnixFileMode.UserWrite))
            throw new CommandException($"the admin token's file has mode {mode}, it must be readable by its owner only");

        return $"{scene.Server.Url.GetLeftPart(UriPartial.Authority)} with its own CA; trusts the TPM maker's root; admin token in a file of mode 0600";
    }

    public async Task<string> StartRegistryAsync(CancellationToken cancel)
    {
        scene.Registry = scene.Owns(await RegistryProcess.StartAsync(scene.In("registry"), scene.Keep, cancel));
        return $"docker-registry at {scene.Registry.Host}, empty";
    }
}

/// <summary>The guest's view of its own machine.</summary>
internal static class GuestMachine
{
    public static TpmAttester OpenAttester(SwtpmProcess machine) =>
        new(new TpmAttesterOptions { Endpoint = TpmEndpoint.Parse(machine.Endpoint) }, TimeProvider.System);

    /// <summary>As a boot loader would: every program into its PCR, before it runs.</summary>
    public static async Task MeasureBootAsync(SwtpmProcess machine, CancellationToken cancel)
    {
        await using var device = TpmDevice.Open(TpmEndpoint.Parse(machine.Endpoint), TimeProvider.System);
        foreach (var (pcr, file) in MeasuredBoot.Programs)
            await device.PcrExtendAsync(pcr, await MeasuredBoot.DigestAsync(file, cancel), cancel);
    }
}
