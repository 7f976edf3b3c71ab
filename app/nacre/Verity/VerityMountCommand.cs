using System.CommandLine;
using System.Globalization;
using Nacre.Cli.Image;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Verity;
using Nacre.Linux;
using Nacre.Linux.Fuse;

namespace Nacre.Cli.Verity;

/// <summary><c>nacre verity mount LAYER MOUNTPOINT --verity FILE</c>, until it is unmounted or SIGINT or SIGTERM comes.</summary>
internal static class VerityMountCommand
{
    public static Command Create()
    {
        var layer = new Argument<string>("layer") { Description = "layer.erofs, or its http(s) address on a server that knows ranges." };
        var target = new Argument<DirectoryInfo>("mountpoint") { Description = "An existing directory." };
        var verity = new Option<FileInfo>("--verity")
        {
            Description = "layer.erofs.dmverity with the root hash; from somebody who is trusted, not from the server of the layer.",
            Required = true,
        };
        var timeout = new Option<double>("--timeout") { Description = "Seconds for one answer of the server.", DefaultValueFactory = _ => 20 };
        var command = new Command("mount", "Show a layer that is fetched, and verified, block by block as it is read. Needs root.")
        {
            layer, target, verity, timeout,
        };
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var trusted = line.GetRequiredValue(verity);
            var image = LayerImage.Parse(await File.ReadAllBytesAsync(trusted.FullName, cancel), trusted.FullName);
            await using var bytes = Open(line.GetRequiredValue(layer), line.GetValue(timeout));
            await using var source = new VeritySource(bytes, image.Tree, image.RootHash);
            await ServeAsync(source, image, line.GetRequiredValue(target), cancel);
            if (bytes is RangeByteSource ranges)
            {
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"nacre: {ranges.BytesFetched} of {image.Tree.End} bytes were fetched in {ranges.Requests} requests"));
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static IByteSource Open(string layer, double timeout)
    {
        if (!Uri.TryCreate(layer, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return new FileByteSource(layer);
        return timeout is > 0 and <= 3600
            ? RangeByteSource.Create(address, new RangeOptions { Timeout = TimeSpan.FromSeconds(timeout) })
            : throw new CommandException("--timeout must be more than 0 and at most 3600 seconds");
    }

    private static async Task ServeAsync(VeritySource source, LayerImage image, DirectoryInfo target, CancellationToken cancel)
    {
        var reader = await ErofsReader.OpenAsync(source, image.HashOffset, cancel);
        FuseMount mount;
        try
        {
            mount = FuseMount.Create(new LayerFileSystem(reader), target.FullName, Report);
        }
        catch (SystemCallException e)
        {
            throw new CommandException(
                e.Message, e.Errno == Errno.NotPermitted ? "mounting needs root" : "MOUNTPOINT must be a directory, and /dev/fuse must be there");
        }

        await using (mount)
        {
            await Console.Out.WriteLineAsync($"mounted at {target.FullName}; umount {target.FullName} ends it");
            await Console.Out.FlushAsync(cancel);
            var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var stopping = cancel.Register(() => stop.TrySetResult());
            await Task.WhenAny(mount.Ended, stop.Task);
        }
    }

    private static void Report(Exception e)
    {
        var said = e is ImageException or MalformedDataException or IOException ? e.Message : e.ToString();
        Console.Error.WriteLine($"nacre: error: a read was refused: {said}");
    }
}
