using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.Pull;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image inspect REF</c></summary>
internal static class ImageInspectCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME, oci:DIR[:TAG], dir:DIR or docker-archive:FILE[:NAME]." };
        var command = new Command("inspect", "Show manifest, layers and configuration of an image. Verifies digests, no signatures.")
        {
            reference,
        };
        var format = ResultFormat.AddTo(command);
        var registry = RegistryFlags.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var options = await registry.ReadAsync(line, cancel);
            await using var source = ImageLocation.Parse(line.GetRequiredValue(reference)).OpenSource(options);
            var (index, manifest) = await source.GetImageAsync(digest: null, new PullOptions().Platform, cancel);
            var config = ImageConfig.Parse(await source.ReadBlobAsync(manifest.Config, ImageConfig.LargestConfig, cancel), source.Where);
            if (format.IsJson(line))
                await ImageVerb.WriteJsonAsync(Json(index, manifest, config));
            else
                await WriteTextAsync(index, manifest, config);
            return ExitCode.Done;
        }));
        return command;
    }

    private static JsonObject Json(StoredManifest? index, ImageManifest manifest, ImageConfig config) => new()
    {
        ["digest"] = manifest.Digest.ToString(),
        ["indexDigest"] = index?.Digest.ToString(),
        ["mediaType"] = manifest.Stored.MediaType,
        ["os"] = config.Os,
        ["architecture"] = config.Architecture,
        ["created"] = config.Created,
        ["configDigest"] = manifest.Config.Digest.ToString(),
        ["diffIds"] = Texts(config.DiffIds.Select(digest => digest.ToString())),
        ["layers"] = new JsonArray([.. manifest.Layers.Select(layer => (JsonNode)new JsonObject
        {
            ["mediaType"] = layer.MediaType,
            ["digest"] = layer.Digest.ToString(),
            ["size"] = layer.Size,
            ["encrypted"] = LayerMediaType.Find(layer.MediaType)?.Encrypted ?? false,
            ["annotations"] = new JsonObject(layer.Annotations.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        })]),
        ["user"] = config.User,
        ["env"] = Texts(config.Environment),
        ["entrypoint"] = Texts(config.Entrypoint),
        ["cmd"] = Texts(config.Command),
        ["workingDir"] = config.WorkingDirectory,
        ["labels"] = new JsonObject(config.Labels.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    private static async Task WriteTextAsync(StoredManifest? index, ImageManifest manifest, ImageConfig config)
    {
        var output = Console.Out;
        await output.WriteLineAsync($"digest    {manifest.Digest}");
        if (index is not null)
            await output.WriteLineAsync($"index     {index.Digest}");
        await output.WriteLineAsync($"platform  {config.Os}/{config.Architecture}");
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            var layer = manifest.Layers[i];
            var secret = LayerMediaType.Find(layer.MediaType)?.Encrypted == true ? "encrypted" : "plain";
            var diffId = i < config.DiffIds.Count ? config.DiffIds[i].ToString() : "";
            await output.WriteLineAsync($"layer {i,-3} {secret,-9} {layer.Size,12}  {layer.Digest}\n          diff_id                {diffId}");
        }
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);
}
