using System.ComponentModel;
using System.Diagnostics;

namespace Nacre.KeyBroker.Plugins.NebulaCa;

/// <summary>The program <c>nebula-cert</c>: run with a deadline, and a few times at once.</summary>
internal sealed class NebulaCert(string program) : IDisposable
{
    private const int MostAtOnce = 4;
    private const int MostOutput = 64 * 1024;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);
    private static readonly Version s_oldest = new(1, 6, 1);

    private readonly SemaphoreSlim _free = new(MostAtOnce);

    /// <exception cref="NebulaCertException">It cannot be run, or is too old.</exception>
    public async ValueTask RequireVersionAsync(CancellationToken cancel)
    {
        const string prefix = "Version: ";
        var output = (await RunAsync(["-version"], cancel)).Trim();
        var number = output.StartsWith(prefix, StringComparison.Ordinal) ? output[prefix.Length..].Split('+', '-')[0] : "";
        if (!Version.TryParse(number, out var version) || version < s_oldest)
            throw new NebulaCertException($"'{program}' says '{Short(output)}', and {s_oldest} is the oldest that is known to work");
    }

    /// <summary>What it writes.</summary>
    /// <exception cref="NebulaCertException">It cannot be run, does not end, or ends with an error.</exception>
    public async ValueTask<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancel)
    {
        await _free.WaitAsync(cancel);
        try
        {
            using var process = Start(arguments);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(s_timeout);
            try
            {
                var error = ReadAsync(process.StandardError, deadline.Token);
                var output = await ReadAsync(process.StandardOutput, deadline.Token);
                await process.WaitForExitAsync(deadline.Token);
                return process.ExitCode == 0 ? output : throw new NebulaCertException(Short(await error)) { IsRefusal = true };
            }
            catch (OperationCanceledException e)
            {
                process.Kill();
                cancel.ThrowIfCancellationRequested();
                throw new NebulaCertException($"'{program}' did not end within {s_timeout.TotalSeconds:0} seconds", e);
            }
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();

    private Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            var process = Process.Start(start) ?? throw new NebulaCertException($"'{program}' did not start");
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new NebulaCertException(
                $"'{program}' cannot be run: {e.Message}; install the package nebula, or set nebula_cert_bin_path", e);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new char[MostOutput];
        var length = await reader.ReadBlockAsync(text, cancel);
        return new string(text, 0, length);
    }

    // The first line says what is wrong; the others how it is used.
    private static string Short(string text)
    {
        var line = text.Split('\n')[0];
        return line.Length > 200 ? line[..200] : line;
    }
}

/// <summary>The program did not do what it was asked.</summary>
internal sealed class NebulaCertException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>It ran, and refused its arguments.</summary>
    public bool IsRefusal { get; init; }
}
