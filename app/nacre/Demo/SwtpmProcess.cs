using System.Net;
using System.Net.Sockets;

namespace Nacre.Cli.Demo;

/// <summary>A fresh software TPM with its own certified endorsement key, in a private directory, on loopback. Nothing outside is read or written.</summary>
internal sealed class SwtpmProcess : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private static readonly TimeSpan s_setupTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(15);

    private readonly string _directory;
    private readonly bool _outlives;
    private ChildProcess _emulator;

    private SwtpmProcess(string directory, bool outlives, SwtpmAuthority authority, ChildProcess emulator, int port) =>
        (_directory, _outlives, Authority, _emulator, Port) = (directory, outlives, authority, emulator, port);

    /// <summary>The data channel; the control channel, which tpm2-tools also want, is the next port.</summary>
    public int Port { get; private set; }

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
    /// <param name="outlives">Leave it running when this process ends.</param>
    /// <param name="cancel">Stops what was started.</param>
    /// <exception cref="CommandException">swtpm is missing, or did not start.</exception>
    public static async Task<SwtpmProcess> StartAsync(string directory, SwtpmAuthority authority, bool outlives, CancellationToken cancel)
    {
        Directory.CreateDirectory(State(directory), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await SetUpAsync(directory, authority, cancel);
        var (emulator, port) = await StartEmulatorAsync(directory, outlives, cancel);
        return new SwtpmProcess(directory, outlives, authority, emulator, port);
    }

    /// <summary>Off and on again: the keys stay, the PCRs begin at zero.</summary>
    public async Task RestartAsync(CancellationToken cancel)
    {
        await _emulator.DisposeAsync();
        (_emulator, Port) = await StartEmulatorAsync(_directory, _outlives, cancel);
    }

    public ValueTask DisposeAsync() => _emulator.DisposeAsync();

    private static string State(string directory) => Path.Combine(directory, "state");

    private static async Task<(ChildProcess Emulator, int Port)> StartEmulatorAsync(string directory, bool outlives, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FindFreePair();
            var emulator = await ChildProcess.StartAsync(
                "swtpm",
                [
                    "socket", "--tpm2", "--tpmstate", $"dir={State(directory)}", "--flags", "not-need-init,startup-clear",
                    "--server", $"type=tcp,port={port},bindaddr=127.0.0.1", "--ctrl", $"type=tcp,port={port + 1},bindaddr=127.0.0.1",
                ],
                Path.Combine(directory, "swtpm.log"),
                outlives);
            try
            {
                await emulator.WaitUntilAsync(stop => AnswersAsync(port, stop), s_startTimeout, "swtpm", cancel);
                return (emulator, port);
            }
            catch (Exception e)
            {
                await emulator.DisposeAsync();

                // Another program may have taken the port between looking and listening.
                if (e is not CommandException || attempt == StartAttempts)
                    throw;
            }
        }
    }

    private static async Task SetUpAsync(string directory, SwtpmAuthority authority, CancellationToken cancel)
    {
        var certificateTool = ChildProcess.FindProgram("swtpm_localca")
            ?? throw new CommandException("swtpm_localca is not installed", "apt-get install swtpm swtpm-tools");
        var environment = new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = directory, ["HOME"] = directory, ["TMPDIR"] = directory };

        // It runs an emulator of its own that only it can stop, and only at its end. So it is never interrupted: it takes a second.
        await using var setup = await ChildProcess.StartAsync(
            "swtpm_setup",
            [
                "--tpm2", "--tpmstate", State(directory), "--create-ek-cert", "--pcr-banks", "sha256", "--overwrite",
                "--config", authority.WriteSetupConfiguration(certificateTool),
            ],
            Path.Combine(directory, "swtpm_setup.log"),
            outlives: true,
            package: "swtpm-tools",
            environment: environment);
        await setup.RunToEndAsync(s_setupTimeout, "swtpm_setup", CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancel)
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
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
}
