using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Images.Pull;
using Nacre.Images.Transports;
using Nacre.Images.Verity;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image layers REF DIR</c></summary>
internal static class ImageLayersCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME, oci:DIR[:TAG], dir:DIR or docker-archive:FILE[:NAME]." };
        var directory = new Argument<DirectoryInfo>("dir") { Description = "Where the layers go; those of several images may share it." };
        var command = new Command("layers", "Make EROFS images with dm-verity trees of the layers, which a host may keep and a guest can check.")
        {
            reference, directory,
        };
        var format = ResultFormat.AddTo(command);
        var policy = ImagePolicyOptions.AddTo(command, mayAcceptAnything: true);
        var registry = RegistryFlags.AddTo(command);
        var brokerOptions = GuestBrokerOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var rules = await policy.ReadAsync(line, cancel);
            var options = new PullOptions
            {
                Registry = await registry.ReadAsync(line, cancel),
                Signatures = await policy.ReadSignaturesAsync(line, cancel),
            };
            await using var broker = brokerOptions.Open(line);
            LayerImageList made;
            using (var progress = TransferProgress.Create(format.IsJson(line)))
            {
                made = await new LayerImages(broker, rules, options, progress)
                    .WriteAsync(ImageLocation.Parse(line.GetRequiredValue(reference)), line.GetRequiredValue(directory).FullName, cancel);
            }

            await WriteAsync(made, format.IsJson(line));
            return ExitCode.Done;
        }));
        return command;
    }

    private static async Task WriteAsync(LayerImageList made, bool json)
    {
        foreach (var note in made.Notes)
            await Console.Error.WriteLineAsync($"nacre: note: {note}");
        if (json)
        {
            await ImageVerb.WriteJsonAsync(new JsonObject
            {
                ["manifestDigest"] = made.ManifestDigest.ToString(),
                ["layers"] = new JsonArray([.. made.Layers.Select(layer => (JsonNode)new JsonObject
                {
                    ["diffId"] = layer.DiffId.ToString(),
                    ["rootHash"] = Convert.ToHexStringLower(layer.Image.RootHash),
                    ["hashOffset"] = layer.Image.HashOffset,
                    ["salt"] = Convert.ToHexStringLower(layer.Image.Salt),
                })]),
            });
            return;
        }

        foreach (var layer in made.Layers)
            await Console.Out.WriteLineAsync($"{layer.DiffId}   {Convert.ToHexStringLower(layer.Image.RootHash)}");
    }
}
