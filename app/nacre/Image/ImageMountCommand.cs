using System.CommandLine;
using Nacre.Images.Bundle;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image mount|unmount BUNDLE</c></summary>
internal static class ImageMountCommand
{
    public static Command CreateMount() => Create(
        "mount",
        "Mount the rootfs of an overlay bundle from its store (root).",
        async (bundle, cancel) =>
        {
            await OverlayBundle.MountAsync(bundle, TimeProvider.System, cancel);
            return ExitCode.Done;
        });

    public static Command CreateUnmount() => Create(
        "unmount",
        "Take the rootfs of an overlay bundle away again. What was written stays in its upper/.",
        (bundle, _) =>
        {
            OverlayBundle.Unmount(bundle);
            return Task.FromResult(ExitCode.Done);
        });

    private static Command Create(string name, string description, Func<string, CancellationToken, Task<int>> act)
    {
        var bundle = new Argument<DirectoryInfo>("bundle") { Description = "A bundle that was pulled with --bundle-kind overlay." };
        var command = new Command(name, description) { bundle };
        command.SetAction((line, cancel) => ImageVerb.RunAsync(() => act(line.GetRequiredValue(bundle).FullName, cancel)));
        return command;
    }
}
