using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images.Copy;
using Nacre.Images.Encryption;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.Cli.Demo;

/// <summary>What the owner of the workload does, on a machine of their own, before any guest exists.</summary>
internal sealed class OwnerSteps(DemoScene scene)
{
    public Task<string> BuildImageAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        BusyboxImage.Write(scene.In("image"), "plain");
        return Task.FromResult("two layers around busybox-static, with a whiteout and a hard link, as an OCI layout");
    }

    public async Task<string> EncryptAsync(CancellationToken cancel)
    {
        // The key is with the broker before the first byte is encrypted under it, so that no image can lose its key.
        using var key = SecretBytes.Random(32);
        await scene.Admin.PutResourceAsync(DemoScene.ImageKey, key, cancel);

        scene.SecretImageDigest = await PushEncryptedAsync(scene.SecretImage, key, cancel);
        await PushEncryptedAsync(scene.UnsignedImage, key, cancel);
        return $"{scene.SecretImage}: both layers AES-256-CTR with HMAC-SHA256, layer keys wrapped under {DemoScene.ImageKey}";
    }

    public async Task<string> SignAsync(CancellationToken cancel)
    {
        await using var image = OpenImage(scene.SecretImage);
        await CosignSignatures.SignAsync(image, scene.SecretImageDigest!, scene.OwnerKey, cancel);
        return $"signature in cosign's format beside {scene.SecretImageDigest}";
    }

    public async Task<string> SetPoliciesAsync(CancellationToken cancel)
    {
        await PutAsync(DemoScene.SigningKey, scene.OwnerKey.ExportSubjectPublicKeyInfoPem(), cancel);
        await PutAsync(DemoScene.ImagePolicy, ImagePolicy(), cancel);
        await PutAsync(DemoScene.Secret, "the owner's secret\n", cancel);

        var pcrs = await MeasuredBoot.ExpectedPcrsAsync(cancel);
        var values = new JsonObject();
        foreach (var (pcr, value) in pcrs)
            values[$"tpm_pcr{pcr:D2}"] = new JsonArray(value);
        await scene.Admin.AddReferenceValuesAsync(values, cancel);

        var programs = string.Join(", ", MeasuredBoot.Programs.Select(program => $"PCR {program.Pcr} from {Path.GetFileName(program.File)}"));
        return $"{pcrs.Count} reference values computed from the programs themselves ({programs}); image policy and key are resources of the broker";
    }

    private async Task<Digest> PushEncryptedAsync(string target, SecretBytes key, CancellationToken cancel)
    {
        await using var from = ImageLocation.Parse(scene.PlainImage).OpenSource(DemoScene.RegistryOptions);
        await using var to = ImageLocation.Parse(target).OpenTarget(DemoScene.RegistryOptions);
        var encrypt = new EncryptTransform([new KbsRecipient(DemoScene.ImageKey, key)]);
        return (await new ImageCopier(from, to, encrypt).CopyAsync(cancel)).Digest;
    }

    private static RegistryImage OpenImage(string name) =>
        (RegistryImage)ImageLocation.Parse(name).OpenSource(DemoScene.RegistryOptions);

    private async Task PutAsync(ResourceUri uri, string text, CancellationToken cancel)
    {
        using var value = SecretBytes.Own(Encoding.UTF8.GetBytes(text));
        await scene.Admin.PutResourceAsync(uri, value, cancel);
    }

    private string ImagePolicy() => new JsonObject
    {
        ["default"] = new JsonArray(new JsonObject { ["type"] = "reject" }),
        ["transports"] = new JsonObject
        {
            ["docker"] = new JsonObject
            {
                [$"{scene.Registry.Host}/demo"] = new JsonArray(new JsonObject { ["type"] = "sigstoreSigned", ["keyPath"] = DemoScene.SigningKey.ToString() }),
            },
        },
    }.ToJsonString();
}
