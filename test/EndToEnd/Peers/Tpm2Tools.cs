using System.Diagnostics;
using Nacre.Cli.Demo;

namespace Nacre.EndToEndTests.Peers;

/// <summary>The tpm2-tools of the distribution, speaking with one emulator.</summary>
internal sealed class Tpm2Tools(SwtpmProcess tpm, string directory)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public string PathOf(string name) => Path.Combine(directory, name);

    public async Task WriteAsync(string name, byte[] content) => await File.WriteAllBytesAsync(PathOf(name), content);

    public async Task<byte[]> ReadAsync(string name) => await File.ReadAllBytesAsync(PathOf(name));

    /// <summary>Runs a tool in the private directory and returns its output; fails the test with what it said when it does not succeed.</summary>
    public async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TPM2TOOLS_TCTI"] = tpm.Tcti;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_timeout);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {await errors}{await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
