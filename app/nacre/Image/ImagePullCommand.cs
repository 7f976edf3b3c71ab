using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Guest.DataHub;
using Nacre.Images.Encryption;
using Nacre.Images.Pull;
using Nacre.Images.Transports;
using Nacre.Images.Unpack;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image pull REF BUNDLE</c></summary>
internal static class ImagePullCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME, oci:DIR[:TAG], dir:DIR or docker-archive:FILE[:NAME]." };
        var bundle = new Argument<DirectoryInfo>("bundle") { Description = "Directory for the OCI bundle; it must not exist, or be empty." };
        var config = new Option<FileInfo?>("--config")
        {
            Description = "Configuration of a guest, cdh.toml or .json: its table 'image' has the policy and the rest.",
            HelpName = "FILE",
        };
        var keyFile = new Option<FileInfo?>("--key-file") { Description = "The 32 raw bytes that the layers' keys are wrapped with, instead of a key broker." };
        var keyId = new Option<string?>("--key-id") { Description = "Use the file for this key only." };
        var jwe = ImageVerb.PrivateKey();
        var store = new Option<DirectoryInfo?>("--store")
        {
            Description = "Directory that keeps layers for further pulls and goes on with broken transfers; made when missing.",
        };
        var kind = new Option<string>("--bundle-kind")
        {
            Description = "directory: files of its own; overlay: mounted from the store by 'nacre image mount' (root).",
            DefaultValueFactory = _ => "directory",
        };
        kind.AcceptOnlyFromAmong("directory", "overlay");
        var devices = new Option<bool>("--devices") { Description = "Make device nodes (root only)." };
        var command = new Command("pull", "Verify, decrypt and unpack an image into a bundle that an OCI runtime can run.")
        {
            reference, bundle, config, keyFile, keyId, jwe, store, kind, devices,
        };
        var format = ResultFormat.AddTo(command);
        var policy = ImagePolicyOptions.AddTo(command, mayAcceptAnything: true);
        var registry = RegistryFlags.AddTo(command);
        var brokerOptions = GuestBrokerOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var guest = line.GetValue(config) is { } place
                ? ImageConfiguration.Parse(await File.ReadAllTextAsync(place.FullName, cancel), place.FullName)
                : null;
            if (guest is not null && policy.AreGiven(line))
                throw new FormatException("the policy is that of --config; leave the other options for it out");
            var rules = guest is null ? await policy.ReadAsync(line, cancel) : null;
            using var fileKeys = line.GetValue(keyFile) is { } kek
                ? new KbsKeyUnwrapper(new SingleKeySource(
                    line.GetValue(keyId) is { } id ? ResourceUri.Parse(id) : null, await ImageEncryptCommand.ReadKeyAsync(kek, cancel)))
                : null;
            using var privateKey = await ImageVerb.ReadPrivateKeyAsync(line.GetValue(jwe), cancel);
            var registryOptions = await registry.ReadAsync(line, cancel);
            // Stores of signatures are reached like the registry: the same authorities, the same proxy.
            using var handler = registryOptions.CreateHandler();
            var options = new PullOptions
            {
                Registry = registryOptions,
                Unpack = new UnpackOptions { AllowDevices = line.GetValue(devices) },
                Signatures = await policy.ReadSignaturesAsync(line, cancel) with { Http = handler },
                UserNamespace = RootlessUser.Find(),
                Store = line.GetValue(store)?.FullName,
                BundleKind = line.GetValue(kind) == "overlay" ? BundleKind.Overlay : BundleKind.Directory,
                Unwrappers = [.. fileKeys is null ? (ILayerKeyUnwrapper[])[] : [fileKeys], .. privateKey is null ? (ILayerKeyUnwrapper[])[] : [new JweUnwrapper(privateKey)]],
            };
            await using var broker = brokerOptions.Open(line);
            var resources = fileKeys is null ? broker : null;
            if (guest is not null)
                (rules, options) = await guest.ResolveAsync(options, resources, cancel);
            PullResult result;
            using (var progress = TransferProgress.Create(format.IsJson(line)))
            {
                result = await new ImagePuller(resources, rules!, options, progress)
                    .PullAsync(ImageLocation.Parse(line.GetRequiredValue(reference)), line.GetRequiredValue(bundle).FullName, cancel);
            }

            await WriteAsync(result, format.IsJson(line));
            return ExitCode.Done;
        }));
        return command;
    }

    private static async Task WriteAsync(PullResult result, bool json)
    {
        foreach (var note in result.Notes)
            await Console.Error.WriteLineAsync($"nacre: note: {note}");
        if (!json)
        {
            await Console.Out.WriteLineAsync(result.ManifestDigest.ToString());
            return;
        }

        await ImageVerb.WriteJsonAsync(new JsonObject
        {
            ["manifestDigest"] = result.ManifestDigest.ToString(),
            ["indexDigest"] = result.IndexDigest?.ToString(),
            ["policyScope"] = result.Decision.Scope,
            ["layers"] = new JsonArray([.. result.Layers.Select(layer => (JsonNode)new JsonObject
            {
                ["digest"] = layer.Digest.ToString(), ["diffId"] = layer.DiffId.ToString(), ["encrypted"] = layer.Encrypted, ["size"] = layer.Size,
            })]),
            ["notes"] = new JsonArray([.. result.Notes.Select(note => (JsonNode)JsonValue.Create(note))]),
        });
    }
}
