using System.Diagnostics;

namespace Nacre.EndToEndTests.Peers;

/// <summary>A file system of its own, 256 KiB unless told, that can be filled to the last byte and freed again.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Ballast = "ballast";

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    public static async Task<SmallDisk> MountAsync(string size = "256k")
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("nacre-disk-").FullName);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path);
        return disk;
    }

    public void Fill()
    {
        using var file = File.Create(System.IO.Path.Combine(Path, Ballast), 1);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    public void Free() => File.Delete(System.IO.Path.Combine(Path, Ballast));

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}; these tests need root");
    }
}
