using System.Text.RegularExpressions;
using Nacre.Cli.Image;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Images.Copy;
using Nacre.Images.References;

namespace Nacre.EndToEndTests.Images;

[Trait("Group", "ImagesProgress")]
public sealed partial class ProgressTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    private string[] Copy => ["image", "copy", $"oci:{_scene.Layout}:plain", _scene.Docker, "--plain-http", "loopback"];

    private string[] Pull => ["image", "pull", _scene.Docker, _scene.Bundle, "--insecure-accept-anything", "--plain-http", "loopback"];

    [Fact]
    public async Task A_terminal_shows_each_layer_until_it_is_unpacked()
    {
        await _scene.PushAsync();
        // script(1) gives it a terminal of its own.
        var program = $"dotnet {Path.Combine(AppContext.BaseDirectory, "nacre.dll")}";
        var output = await ToolRun.RunAsync("script", ["-qec", $"{program} {string.Join(' ', Pull)}", "/dev/null"]);

        Assert.Contains("\e[K", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split('\n').Count(line => line.Contains("  unpacked", StringComparison.Ordinal)));
        Assert.Contains("sha256:", output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elsewhere_there_is_one_line_for_each_blob_and_the_result_is_alone()
    {
        var copied = await NacreProgram.RunAsync(Copy);
        copied.AssertDone();
        Assert.Equal(3, Lines(copied.Error, "copied"));
        Assert.StartsWith("sha256:", copied.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', copied.Error);

        var again = await NacreProgram.RunAsync(Copy);
        Assert.Equal(3, Lines(again.Error, "present"));
        var pulled = await NacreProgram.RunAsync(Pull);
        Assert.Equal(2, Lines(pulled.Error, "unpacked"));
    }

    [Fact]
    public async Task With_json_there_is_the_result_only()
    {
        foreach (var verb in (string[][])[Copy, Pull])
        {
            var result = await NacreProgram.RunAsync([.. verb, "--json"]);
            result.AssertDone();
            Assert.Empty(result.Error);
            Assert.StartsWith("{", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_terminal_is_drawn_ten_times_a_second_at_most_and_keeps_its_lines_short()
    {
        using var output = new StringWriter();
        var clock = new StoppedClock();
        var (one, two) = (Digest.Sha256([1]), Digest.Sha256([2]));
        using (var progress = new TransferProgress(output, terminal: true, () => 40, clock))
        {
            for (var i = 0; i < 1000; i++)
            {
                clock.Skip(TimeSpan.FromMilliseconds(1));
                progress.Report(new(ImageStep.Fetching, i % 2 == 0 ? one : two, i << 10, 1000 << 10));
            }

            progress.Report(new(ImageStep.Unpacked, one, 1000 << 10, 1000 << 10));
            progress.Report(new(ImageStep.Verified, two, 1000 << 10, 1000 << 10));
        }

        var text = output.ToString();
        Assert.InRange(text.Split("\e[J").Length - 1, 8, 12);
        var lines = Movements().Replace(text, "").Split('\n');
        Assert.All(lines, line => Assert.True(line.Length < 40, line));
        Assert.Single(lines, line => line.StartsWith(one.Hex[..12], StringComparison.Ordinal) && line.EndsWith("unpacked", StringComparison.Ordinal));
    }

    public void Dispose() => _scene.Dispose();

    [GeneratedRegex(@"\e\[\d*[A-Z]|\r", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Movements();

    private static int Lines(string error, string state) => error.Split('\n').Count(line => line.EndsWith(state, StringComparison.Ordinal));

    private sealed class StoppedClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Skip(TimeSpan time) => _now += time.Ticks;

        public override long GetTimestamp() => _now;
    }
}
