using System.Diagnostics;
using Nacre.Cli;
using Nacre.Cli.Demo;

namespace Nacre.EndToEndTests.Tpm;

[Trait("Group", "Tpm")]
public sealed class SwtpmProcessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-swtpm-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Leaves_no_process_behind()
    {
        var tpm = await SwtpmProcess.StartAsync(Path.Combine(_directory, "tpm"), Maker(), outlives: false, CancellationToken.None);
        Assert.NotEmpty(OwnProcesses());

        await tpm.DisposeAsync();

        Assert.Empty(OwnProcesses());
    }

    [Fact]
    public async Task Leaves_no_process_behind_when_it_is_cancelled_during_set_up()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => SwtpmProcess.StartAsync(Path.Combine(_directory, "tpm"), Maker(), outlives: false, cancel.Token));

        Assert.Empty(OwnProcesses());
    }

    [Fact]
    public async Task Says_in_one_line_why_set_up_failed()
    {
        var maker = Maker();
        Directory.CreateDirectory(maker.RootFile);

        var error = await Assert.ThrowsAsync<CommandException>(
            () => SwtpmProcess.StartAsync(Path.Combine(_directory, "tpm"), maker, outlives: false, CancellationToken.None));

        Assert.StartsWith("swtpm_setup failed with exit code 1: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(OwnProcesses());
    }

    private SwtpmAuthority Maker() => new(Path.Combine(_directory, "maker"));

    /// <summary>Command lines that name the private directory.</summary>
    private List<string> OwnProcesses()
    {
        var found = new List<string>();
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    var commandLine = File.ReadAllText($"/proc/{process.Id}/cmdline");
                    if (commandLine.Contains(_directory, StringComparison.Ordinal))
                        found.Add(commandLine);
                }
                catch (IOException)
                {
                    // It ended while we were looking.
                }
            }
        }

        return found;
    }
}
