using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Images.Copy;
using Nacre.Images.Oci;
using Nacre.Images.Registry;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image copy SRC DST</c></summary>
internal static class ImageCopyCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("src") { Description = "docker://NAME, oci:DIR[:TAG], dir:DIR or docker-archive:FILE[:NAME]." };
        var target = new Argument<string>("dst") { Description = "The same forms." };
        var command = new Command("copy", "Copy an image, all its platforms, every blob checked.") { source, target };
        var format = ResultFormat.AddTo(command);
        var registry = RegistryFlags.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var options = await registry.ReadAsync(line, cancel);
            return await RunAsync(line.GetRequiredValue(source), line.GetRequiredValue(target), options, transform: null, format.IsJson(line), cancel);
        }));
        return command;
    }

    /// <summary>Copies and prints the digest of what was written.</summary>
    internal static async Task<int> RunAsync(
        string from, string to, RegistryOptions options, ILayerTransform? transform, bool json, CancellationToken cancel)
    {
        await using var source = ImageLocation.Parse(from).OpenSource(options);
        await using var target = ImageLocation.Parse(to).OpenTarget(options);
        StoredManifest written;
        using (var progress = TransferProgress.Create(json))
            written = await new ImageCopier(source, target, transform, progress).CopyAsync(cancel);
        if (json)
        {
            await ImageVerb.WriteJsonAsync(
                new JsonObject { ["digest"] = written.Digest.ToString(), ["mediaType"] = written.MediaType, ["target"] = to });
        }
        else
            await Console.Out.WriteLineAsync(written.Digest.ToString());
        return ExitCode.Done;
    }
}
