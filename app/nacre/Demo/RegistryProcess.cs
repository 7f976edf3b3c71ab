using System.Net;
using System.Net.Sockets;

namespace Nacre.Cli.Demo;

/// <summary>Debian's docker-registry on a free port of loopback, with storage of its own.</summary>
internal sealed class RegistryProcess : IAsyncDisposable
{
    private const string Program = "docker-registry";
    private const int StartAttempts = 3;
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(15);

    private readonly ChildProcess _process;
    private readonly string _directory;

    private RegistryProcess(ChildProcess process, string directory, int port) => (_process, _directory, Port) = (process, directory, port);

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary><c>127.0.0.1:port</c>, as it stands in image names.</summary>
    public string Host => $"127.0.0.1:{Port}";

    /// <summary>Where the registry keeps its blobs, for tests that tamper with them.</summary>
    public string Storage => Path.Combine(_directory, "storage");

    /// <summary>The file of a blob.</summary>
    public string BlobPath(string hex) => Path.Combine(Storage, "docker", "registry", "v2", "blobs", "sha256", hex[..2], hex, "data");

    /// <param name="directory">Is created; the caller deletes it.</param>
    /// <param name="outlives">Leave it running when this process ends.</param>
    /// <param name="cancel">Stops what was started.</param>
    /// <exception cref="CommandException">The program is missing or does not start.</exception>
    public static async Task<RegistryProcess> StartAsync(string directory, bool outlives, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var config = Path.Combine(directory, "config.yml");
            await File.WriteAllTextAsync(config, Config(directory, port), cancel);
            var process = await ChildProcess.StartAsync(Program, ["serve", config], Path.Combine(directory, "log"), outlives);
            var registry = new RegistryProcess(process, directory, port);
            try
            {
                using var http = new HttpClient();
                await process.WaitUntilAsync(stop => AnswersAsync(http, registry.Host, stop), s_startTimeout, Program, cancel);
                return registry;
            }
            catch (Exception e)
            {
                await registry.DisposeAsync();

                // Another program may have taken the port between looking and listening.
                if (e is not CommandException || attempt == StartAttempts)
                    throw;
            }
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<bool> AnswersAsync(HttpClient http, string host, CancellationToken cancel)
    {
        try
        {
            using var response = await http.GetAsync(new Uri($"http://{host}/v2/"), cancel);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

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
