using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nacre.Cli.Demo;

/// <summary>
/// A fresh software TPM with its own certified endorsement key, in a private directory, on loopback. Nothing outside the directory is
/// read or written, and no process stays behind: a watchdog that hangs on a pipe of ours kills the emulator even if we are killed.
/// </summary>
internal sealed class SwtpmProcess : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private static readonly TimeSpan s_setupTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(15);

    private readonly Process _emulator;
    private readonly Process _watchdog;

    private SwtpmProcess(Process emulator, Process watchdog, int port, SwtpmAuthority authority) =>
        (_emulator, _watchdog, Port, Authority) = (emulator, watchdog, port, authority);

    /// <summary>The data channel; the control channel, which tpm2-tools also want, is the next port.</summary>
    public int Port { get; }

    /// <summary>As <c>TpmEndpoint.Parse</c> reads it.</summary>
    public string Endpoint => $"swtpm:127.0.0.1:{Port}";

    /// <summary>For <c>tpm2_* -T</c>.</summary>
    public string Tcti => $"swtpm:host=127.0.0.1,port={Port}";

    /// <summary>Who certified the endorsement key.</summary>
    public SwtpmAuthority Authority { get; }

    public int ProcessId => _emulator.Id;

    /// <summary>Makes a TPM below <paramref name="directory"/> and starts it.</summary>
    /// <param name="directory">Is created; the caller deletes it.</param>
    /// <param name="authority">Certifies the endorsement key; made on first use.</param>
    /// <param name="cancel">Stops what was started.</param>
    /// <exception cref="SwtpmException">swtpm is missing, or did not start.</exception>
    public static async Task<SwtpmProcess> StartAsync(string directory, SwtpmAuthority authority, CancellationToken cancel)
    {
        var state = Path.Combine(directory, "state");
        Directory.CreateDirectory(state, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await SetUpAsync(directory, state, authority, cancel);

        for (var attempt = 1; ; attempt++)
        {
            var port = FindFreePair();
            var emulator = Start(Find("swtpm"), directory,
                [
                    "socket", "--tpm2", "--tpmstate", $"dir={state}", "--flags", "not-need-init,startup-clear",
                    "--server", $"type=tcp,port={port},bindaddr=127.0.0.1", "--ctrl", $"type=tcp,port={port + 1},bindaddr=127.0.0.1",
                    "--log", $"file={Path.Combine(directory, "swtpm.log")},level=1",
                ]);
            var watchdog = StartWatchdog(emulator.Id, directory);
            var started = new SwtpmProcess(emulator, watchdog, port, authority);
            try
            {
                if (await started.WaitUntilListeningAsync(cancel))
                    return started;
            }
            catch
            {
                await started.DisposeAsync();
                throw;
            }

            // Another program may have taken the port between looking and listening.
            await started.DisposeAsync();
            if (attempt == StartAttempts)
                throw new SwtpmException($"swtpm does not start: {LastLine(Path.Combine(directory, "swtpm.log"))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The watchdog first: once the emulator is gone its process id may belong to another.
        foreach (var process in (Process[])[_watchdog, _emulator])
        {
            if (!process.HasExited)
                process.Kill();

            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    private static async Task SetUpAsync(string directory, string state, SwtpmAuthority authority, CancellationToken cancel)
    {
        var log = Path.Combine(directory, "swtpm_setup.log");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_setupTimeout);
        using var setup = Start(Find("swtpm_setup"), directory,
            [
                "--tpm2", "--tpmstate", state, "--create-ek-cert", "--pcr-banks", "sha256", "--overwrite",
                "--config", authority.WriteSetupConfiguration(Find("swtpm_localca")), "--logfile", log,
            ]);
        try
        {
            await setup.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            setup.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            throw new SwtpmException($"swtpm_setup did not finish within {s_setupTimeout.TotalSeconds:0} s: {LastLine(log)}");
        }

        if (setup.ExitCode != 0)
            throw new SwtpmException($"swtpm_setup failed with exit code {setup.ExitCode}: {LastLine(log)}");
    }

    private static Process StartWatchdog(int emulator, string directory)
    {
        // Reads until our end of the pipe closes, by Dispose or by our death, and then kills what it was told, if it is still that.
        const string Script = "trap '' INT HUP TERM; read -r _; [ \"$(cat /proc/$0/comm 2>/dev/null)\" = swtpm ] && kill -9 $0";
        return Start("/bin/sh", directory, ["-c", Script, emulator.ToString(CultureInfo.InvariantCulture)]);
    }

    private static Process Start(string program, string directory, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_CONFIG_HOME"] = directory;
        start.Environment["HOME"] = directory;
        var process = Process.Start(start)!;

        // What matters goes to the log files; an unread pipe would block the process when it is full.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task<bool> WaitUntilListeningAsync(CancellationToken cancel)
    {
        var since = Stopwatch.StartNew();
        while (!_emulator.HasExited && since.Elapsed < s_startTimeout)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, Port, cancel);
                return !_emulator.HasExited;
            }
            catch (SocketException)
            {
                // Not yet.
                await Task.Delay(10, cancel);
            }
        }

        return false;
    }

    private static int FindFreePair()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (Exception error) when (error is SocketException or ArgumentOutOfRangeException)
            {
                // The next port is taken; try another pair.
            }
        }
    }

    private static string Find(string program)
    {
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = Path.Combine(directory, program);
            if (File.Exists(candidate))
                return candidate;
        }

        throw new SwtpmException($"{program} is not installed; run: apt-get install swtpm swtpm-tools");
    }

    private static string LastLine(string log) =>
        File.Exists(log) ? File.ReadLines(log).LastOrDefault(line => line.Length > 0) ?? "its log is empty" : "it wrote no log";
}
