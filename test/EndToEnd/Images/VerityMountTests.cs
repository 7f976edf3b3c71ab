using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;

namespace Nacre.EndToEndTests.Images;

/// <summary><c>nacre verity mount</c>: a layer on a web server, read through FUSE; what the server changes nobody sees.</summary>
[Trait("Group", "ImagesVerity")]
public sealed class VerityMountTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-mount-").FullName;
    private string _layer = "";
    private Func<byte[], long, byte[]> _lie = (bytes, _) => bytes;
    private long _sent;

    private string Mounted => Path.Combine(_folder, "mounted");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/dev/fuse"), "needs root and /dev/fuse");
        Directory.CreateDirectory(Mounted);
        var (source, layout) = (Path.Combine(_folder, "source"), Path.Combine(_folder, "layout"));
        await ShellAsync($"""
            mkdir '{source}' && cd '{source}' && cp -a /etc/ssl /etc/passwd . && ln -s passwd link && mkfifo pipe && mkdir many && cd many
            seq -f 'name-%.0f' 2000 | xargs touch && cd .. && chmod 4711 many/name-7 && chown 12:34 many/name-7 && head -c 20000000 /dev/urandom > large
            cd .. && tar -cf layer.tar --format=pax -C source .
            """);
        await OciImage.WriteAsync(layout, "1", [Path.Combine(_folder, "layer.tar")]);
        var made = await NacreProgram.RunAsync(["image", "layers", $"oci:{layout}:1", Path.Combine(_folder, "layers"), "--insecure-accept-anything", "-o", "json"]);
        made.AssertDone();
        var diffId = JsonNode.Parse(made.Output)!["layers"]![0]!["diffId"]!.GetValue<string>();
        _layer = Path.Combine(_folder, "layers", "sha256", diffId["sha256:".Length..], "layer.erofs");
    }

    [Fact]
    public async Task All_files_are_those_that_were_packed_and_few_bytes_are_enough_for_few_files()
    {
        await using var server = new FakeRegistry(AnswerAsync);
        await using (var mount = await MountAsync($"http://{server.Host}/layer.erofs"))
        {
            Assert.Equal("large\nlink\nmany\npasswd\npipe\nssl\n", await ShellAsync($"ls '{Mounted}'"));
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(_folder, "source", "passwd")), await ShellAsync($"cat '{Mounted}/link'"));
            Assert.True(Interlocked.Read(ref _sent) < 2_000_000, $"{_sent} bytes of {new FileInfo(_layer).Length} were fetched for one file");
            Assert.Equal(await PackedAsync(Path.Combine(_folder, "source")), await PackedAsync(Mounted));
            Assert.Equal("2000\n", await ShellAsync($"ls '{Mounted}/many' | wc -l"));
            Assert.Contains("Read-only", await FailsAsync($"touch '{Mounted}/new'"), StringComparison.Ordinal);
            Assert.Contains("No such file", await FailsAsync($"cat '{Mounted}/none'"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_damaged_block_is_an_input_output_error_and_the_others_are_there()
    {
        await using var server = new FakeRegistry(AnswerAsync);
        await using var mount = await MountAsync($"http://{server.Host}/layer.erofs");
        var good = await ShellAsync($"ls -lR '{Mounted}' | sha256sum");
        // One bit of each answer about data in the middle of the image, which is that of the large file.
        var middle = new FileInfo(_layer).Length / 2;
        _lie = (bytes, offset) =>
        {
            if (offset < middle || offset > middle + 1_000_000)
                return bytes;
            byte[] changed = [.. bytes];
            changed[0] ^= 1;
            return changed;
        };

        Assert.Contains("Input/output error", await FailsAsync($"cat '{Mounted}/large' > /dev/null"), StringComparison.Ordinal);
        Assert.Equal(good, await ShellAsync($"ls -lR '{Mounted}' | sha256sum"));
        Assert.Contains("data block", await mount.StopAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_of_another_root_hash_is_not_mounted()
    {
        var trusted = _layer + ".dmverity";
        var json = JsonNode.Parse(await File.ReadAllTextAsync(trusted))!;
        json["roothash"] = new string('0', 64);
        await File.WriteAllTextAsync(trusted, json.ToJsonString());

        (await NacreProgram.RunAsync(["verity", "mount", _layer, Mounted, "--verity", trusted])).AssertFailed(4, "hash block of level");
    }

    public async ValueTask DisposeAsync()
    {
        await ToolRun.TryAsync("umount", ["-l", Mounted]);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        var range = request.Headers["Range"]!["bytes=".Length..].Split('-').Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var bytes = new byte[range[1] - range[0] + 1];
        using (var file = File.OpenHandle(_layer))
            Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, range[0]));
        Interlocked.Add(ref _sent, bytes.Length);
        response.StatusCode = 206;
        response.Headers["Content-Range"] = $"bytes {range[0]}-{range[1]}/{new FileInfo(_layer).Length}";
        await response.OutputStream.WriteAsync(_lie(bytes, range[0]));
    }

    private async Task<MountProcess> MountAsync(string layer)
    {
        var process = NacreProgram.Start(["verity", "mount", layer, Mounted, "--verity", _layer + ".dmverity", "--timeout", "5"]);
        var error = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync();
        if (line is null)
            Assert.Fail(await error);
        return new(process, error, Mounted);
    }

    private static Task<string> PackedAsync(string directory) => ShellAsync(
        $"cd '{directory}' && tar -cf - --format=pax --pax-option=delete=atime,delete=ctime --sort=name --numeric-owner . | sha256sum");

    private static Task<string> ShellAsync(string script) => ToolRun.RunAsync("bash", ["-euo", "pipefail", "-c", script]);

    private static async Task<string> FailsAsync(string script)
    {
        var (code, _, error) = await ToolRun.TryAsync("bash", ["-c", script]);
        Assert.NotEqual(0, code);
        return error;
    }

    private sealed class MountProcess(Process process, Task<string> error, string target) : IAsyncDisposable
    {
        private bool _stopped;

        /// <summary>Unmounts, and returns what it said on standard error.</summary>
        public async Task<string> StopAsync()
        {
            _stopped = true;
            await ToolRun.RunAsync("umount", [target]);
            await NacreProgram.WaitAsync(process);
            return await error;
        }

        public async ValueTask DisposeAsync()
        {
            if (!_stopped)
                await StopAsync();
            process.Dispose();
        }
    }
}
