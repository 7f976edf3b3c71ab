using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

#if NACRE_END_TO_END
namespace Nacre.EndToEndTests.Peers;
#else
namespace Nacre.UnitTests.Storage;
#endif

/// <summary>Debian's PostgreSQL on a free port of loopback, with data of its own; as user <c>postgres</c>, since it refuses to run as root.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-postgres-").FullName;
    private Process? _process;

    public int Port { get; } = FreePort();

    private string Data => Path.Combine(_directory, "data");

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres:", _directory);
        await RunAsync([.. AsUser(), Program("initdb"), "-D", Data, "-A", "trust", "-U", "nacre", "-E", "UTF8", "--no-locale", "--no-sync"]);
        await StartAsync();
    }

    /// <summary>Waits until it answers.</summary>
    public async Task StartAsync()
    {
        _process = await LaunchAsync(
        [
            .. AsUser(), "setpriv", "--pdeathsig", "KILL", Program("postgres"), "-D", Data, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1",
            "-c", $"unix_socket_directories={_directory}", "-c", "shared_buffers=32MB", "-c", "logging_collector=off",
        ]);
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var source = NpgsqlDataSource.Create(Keywords(Address("postgres")) + ";Pooling=false");
                await using var connection = await source.OpenConnectionAsync();
                return;
            }
            catch (NpgsqlException e) when (Stopwatch.GetElapsedTime(since) > s_startLimit)
            {
                throw new InvalidOperationException("PostgreSQL did not start", e);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>SIGQUIT: every session ends at once, nothing is closed, and the next start recovers.</summary>
    public async Task CrashAsync()
    {
        await RunAsync("kill", "-QUIT", $"{_process!.Id}");
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGINT: sessions end, then the server, in order.</summary>
    public async Task StopAsync()
    {
        await RunAsync("kill", "-INT", $"{_process!.Id}");
        await _process.WaitForExitAsync();
    }

    /// <summary>The address of a new, empty database.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        await using var source = NpgsqlDataSource.Create(Keywords(Address("postgres")) + ";Pooling=false");
#pragma warning disable CA2100 // The name was just made.
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
        return Address(name);
    }

    /// <summary>What Npgsql takes for an address of this server.</summary>
    public static string Keywords(string address)
    {
        var url = new Uri(address);
        return $"Host={url.Host};Port={url.Port};Username={url.UserInfo};Database={url.AbsolutePath[1..]}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await CrashAsync();
        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string Address(string database) => $"postgres://nacre@127.0.0.1:{Port}/{database}";

    private static string[] AsUser() => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : [];

    // Debian keeps each version's programs in a folder of its own, off the PATH.
    private static string Program(string name) =>
        Directory.Exists("/usr/lib/postgresql")
        && Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", name)).Order().LastOrDefault(File.Exists) is { } found
            ? found : throw new InvalidOperationException($"{name} is not installed: apt-get install postgresql");

    private async Task RunAsync(params string[] command)
    {
        using var process = await LaunchAsync(command);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command[0]} … failed: {await File.ReadAllTextAsync(Path.Combine(_directory, "log"))}");
    }

    /// <summary>
    /// From a thread that lives as long as the process: the kernel sends the parent-death signal when the thread that forked ends. The
    /// directory belongs to another user, so that user's programs write where they may.
    /// </summary>
    private async Task<Process> LaunchAsync(string[] command)
    {
        var start = new ProcessStartInfo("sh") { UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", Path.Combine(_directory, "log"), .. command])
            start.ArgumentList.Add(argument);

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            var process = Process.Start(start)!;
            started.SetResult(process);
            process.WaitForExit();
        })
        { IsBackground = true }.Start();
        return await started.Task;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
