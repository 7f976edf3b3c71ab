namespace Nacre.Cli.Demo;

/// <summary>The story in order. Each step's line says what it proved, not what it tried.</summary>
internal static class DemoSteps
{
    public static IReadOnlyList<DemoStep> All(DemoScene scene)
    {
        var stage = new StageSteps(scene);
        var owner = new OwnerSteps(scene);
        var guest = new GuestSteps(scene);
        var refusals = new RefusalSteps(scene);
        return
        [
            new("start a machine with a TPM whose maker certified it", stage.StartMachineAsync),
            new("start the owner's trust server", stage.StartServerAsync),
            new("start a registry that nobody trusts", stage.StartRegistryAsync),
            new("owner: build a small image", owner.BuildImageAsync),
            new("owner: encrypt it, its key first into the key broker", owner.EncryptAsync),
            new("owner: sign it", owner.SignAsync),
            new("owner: say which machines and which images are good", owner.SetPoliciesAsync),
            new("guest: measure the boot, attest", guest.AttestAsync),
            new("guest: fetch a secret; the same without attestation", guest.FetchSecretAsync),
            new("guest: pull, verify, decrypt, unpack", guest.PullAsync),
            new("guest: run the container", guest.RunAsync),
            new("refused (a): a machine with one PCR extended", refusals.ExtendedPcrAsync),
            new("refused (b): a layer with one byte flipped in the registry", refusals.FlippedByteAsync),
            new("refused (c): an unsigned image", refusals.UnsignedImageAsync),
            new("refused (d): a quote by the key of another TPM", refusals.ForeignKeyAsync),
        ];
    }
}
