using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nacre.Cli.Demo;

/// <summary>
/// Debian's docker-registry on a free loopback port with storage of its own. Stopped and cleared on dispose; the process also dies with
/// this one, because a small shell waits for the end of its input and stops it.
/// </summary>
internal sealed class RegistryProcess : IAsyncDisposable
{
    private const string Program = "docker-registry";
    private readonly Process _process;
    private readonly string _directory;

    private RegistryProcess(Process process, string directory, int port) => (_process, _directory, Port) = (process, directory, port);

    public int Port { get; }

    /// <summary><c>127.0.0.1:port</c>, as it stands in image names.</summary>
    public string Host => $"127.0.0.1:{Port}";

    /// <summary>Where the registry keeps its blobs, for tests that tamper with them.</summary>
    public string Storage => Path.Combine(_directory, "storage");

    /// <summary>The file of a blob.</summary>
    public string BlobPath(string hex) => Path.Combine(Storage, "docker", "registry", "v2", "blobs", "sha256", hex[..2], hex, "data");

    /// <exception cref="IOException">The program is missing or does not start; the message says what to do.</exception>
    public static async Task<RegistryProcess> StartAsync(CancellationToken cancel)
    {
        var program = Find() ?? throw new IOException($"{Program} is not installed; install it: apt-get install {Program}");
        for (var attempt = 1; ; attempt++)
        {
            var directory = Directory.CreateTempSubdirectory("nacre-registry-").FullName;
            var port = FreePort();
            await File.WriteAllTextAsync(Path.Combine(directory, "config.yml"), Config(directory, port), cancel);
            var registry = new RegistryProcess(Start(program, directory), directory, port);
            try
            {
                await registry.WaitAsync(cancel);
                return registry;
            }
            catch (IOException) when (attempt < 3)
            {
                // Somebody else took the port in between.
                await registry.DisposeAsync();
            }
            catch
            {
                await registry.DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static Process Start(string program, string directory)
    {
        // The shell reads until its input closes, which happens also when this process is killed.
        const string script = "\"$0\" serve \"$1\" >\"$2\" 2>&1 </dev/null & child=$!; trap 'kill $child' TERM INT; "
            + "(while kill -0 $child 2>/dev/null; do sleep 0.2; done; kill $$ 2>/dev/null) & watch=$!; "
            + "cat >/dev/null; kill $child $watch 2>/dev/null; wait $child 2>/dev/null; exit 0";
        var info = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in (ReadOnlySpan<string>)["-c", script, program, Path.Combine(directory, "config.yml"), Path.Combine(directory, "log")])
            info.ArgumentList.Add(argument);
        return Process.Start(info) ?? throw new IOException("/bin/sh does not start");
    }

    private async Task WaitAsync(CancellationToken cancel)
    {
        using var http = new HttpClient();
        for (var i = 0; i < 200 && !_process.HasExited; i++)
        {
            try
            {
                using var response = await http.GetAsync(new Uri($"http://{Host}/v2/"), cancel);
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }

            await Task.Delay(50, cancel);
        }

        var log = Path.Combine(_directory, "log");
        var last = File.Exists(log) ? (await File.ReadAllLinesAsync(log, cancel)).LastOrDefault() : null;
        throw new IOException($"{Program} did not start on {Host}: {last ?? "it says nothing"}");
    }

    private static string? Find() =>
        ((string[])["/usr/bin", "/usr/local/bin", "/bin"]).Select(directory => Path.Combine(directory, Program)).FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string Config(string directory, int port) =>
        $"""
        version: 0.1
        log:
          level: warn
          accesslog:
            disabled: true
        storage:
          filesystem:
            rootdirectory: {Path.Combine(directory, "storage")}
          delete:
            enabled: true
        http:
          addr: 127.0.0.1:{port}
        """;
}
