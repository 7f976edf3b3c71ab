using System.Diagnostics;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Faults;

/// <summary>A file system of fixed size runs full: the server says so, keeps what it acknowledged, and goes on when there is room again.</summary>
[Trait("Group", "Faults")]
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-full-");
    private bool _mounted;

    public async ValueTask InitializeAsync()
    {
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "nacre-full", _directory.FullName);
        _mounted = true;
    }

    [Fact]
    public async Task A_full_disk_is_told_and_loses_nothing()
    {
        var data = Path.Combine(_directory.FullName, "data");
        var load = new WriteLoad(data);
        await using (var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0"))
        {
            var written = 0;
            while (await load.TryWriteAsync(server.Url, 100_000))
                Assert.True(++written < 100, "the disk never ran full");
            Assert.InRange(written, 3, 99);

            // Under load, with small writes that may still fit.
            using var stop = new CancellationTokenSource();
            var writers = load.RunAsync(server.Url, endsWithServer: false, stop.Token);
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            await stop.CancelAsync();
            await writers;
            await server.KillAsync();
        }

        await RunAsync("mount", "-o", "remount,size=64m", _directory.FullName);
        await load.VerifyAsync("sqlite");
        await using var again = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0");
        Assert.True(await load.TryWriteAsync(again.Url, 100_000));
        await load.VerifyAsync("sqlite");
        await load.VerifyAuditAsync("sqlite");
    }

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
            await RunAsync("umount", "-l", _directory.FullName);
        _directory.Delete(recursive: true);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} failed; this test needs root and the right to mount a tmpfs");
    }
}
