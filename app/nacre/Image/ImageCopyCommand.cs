using System.CommandLine;
using Nacre.Images.Copy;
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
        var registry = RegistryFlags.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var options = await registry.ReadAsync(line, cancel);
            return await RunAsync(line.GetRequiredValue(source), line.GetRequiredValue(target), options, transform: null, cancel);
        }));
        return command;
    }

    /// <summary>Copies and prints the digest of what was written.</summary>
    internal static async Task<int> RunAsync(
        string from, string to, Nacre.Images.Registry.RegistryOptions options, ILayerTransform? transform, CancellationToken cancel)
    {
        await using var source = ImageLocation.Parse(from).OpenSource(options);
        await using var target = ImageLocation.Parse(to).OpenTarget(options);
        var written = await new ImageCopier(source, target, transform, ImageVerb.Progress()).CopyAsync(cancel);
        await Console.Out.WriteLineAsync(written.Digest.ToString());
        return ExitCode.Done;
    }
}
