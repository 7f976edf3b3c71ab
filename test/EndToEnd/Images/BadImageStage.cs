using System.Net;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Transports;

namespace Nacre.EndToEndTests.Images;

/// <summary>Pulls bad images onto a disk of its own, where every byte that stays behind is seen.</summary>
internal sealed class BadImageStage : IAsyncDisposable
{
    private readonly SmallDisk _disk;

    private BadImageStage(SmallDisk disk) => _disk = disk;

    public static async Task<BadImageStage> CreateAsync(string size = "64m") => new(await SmallDisk.MountAsync(size));

    /// <summary>
    /// The image is refused for this reason, with what, where and what to do; then the disk is as it was: no bundle, no staging, no space used.
    /// </summary>
    public async Task<ImageException> RefusesAsync(
        HandmadeImage image, ImageFault fault, string what, string where = "/team/app", PullOptions? options = null, IResourceSource? keys = null,
        Func<string, HttpListenerResponse, Task<bool>>? lie = null)
    {
        await using var registry = image.Serve(lie);
        var free = _disk.FreeBytes;
        var puller = new ImagePuller(keys, ImagePolicy.InsecureAcceptAnything, (options ?? new()) with { Registry = ImageScene.Options });
        var error = await Assert.ThrowsAsync<ImageException>(
            () => puller.PullAsync(ImageLocation.Parse(registry.Name), Path.Combine(_disk.Path, "bundle"), CancellationToken.None));

        Assert.True(fault == error.Fault, $"expected {fault}, was {error.Fault}: {error.Message}");
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_disk.Path));
        Assert.Equal(free, _disk.FreeBytes);
        return error;
    }

    /// <summary>The same image without the fault is taken: it was refused for the fault and for nothing else.</summary>
    public async Task AcceptsAsync(HandmadeImage image, PullOptions? options = null, IResourceSource? keys = null)
    {
        await using var registry = image.Serve();
        var puller = new ImagePuller(keys, ImagePolicy.InsecureAcceptAnything, (options ?? new()) with { Registry = ImageScene.Options });
        await puller.PullAsync(ImageLocation.Parse(registry.Name), Path.Combine(_disk.Path, "bundle"), CancellationToken.None);
        Directory.Delete(Path.Combine(_disk.Path, "bundle"), recursive: true);
    }

    public ValueTask DisposeAsync() => _disk.DisposeAsync();
}
