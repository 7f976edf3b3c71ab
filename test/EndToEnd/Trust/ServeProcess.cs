using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Nacre.Client;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary><c>nacre serve</c> as a process of its own, for tests that kill it or look at its exit code.</summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    private ServeProcess(Process process, string? firstLine)
    {
        (_process, FirstLine) = (process, firstLine);
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Of stdout; null when it ended without one.</summary>
    public string? FirstLine { get; }

    public int Id => _process.Id;

    /// <summary>Of stdout, after the first.</summary>
    public Task<string?> NextLineAsync() => _process.StandardOutput.ReadLineAsync();

    public Uri Url => new(FirstLine!["listening on ".Length..FirstLine!.IndexOf(',', StringComparison.Ordinal)]);

    public static Task<ServeProcess> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <param name="environment">Besides that of the test.</param>
    /// <param name="arguments">After <c>nacre serve</c>.</param>
    public static async Task<ServeProcess> StartAsync(IReadOnlyDictionary<string, string?>? environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "nacre.dll"));
        start.ArgumentList.Add("serve");
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        return new ServeProcess(process, await process.StandardOutput.ReadLineAsync(CancellationToken.None));
    }

    /// <summary>For the administrator of a server on this data directory.</summary>
    public static KbsAdminClient ConnectAdmin(Uri url, string data)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(TrustServer.CaPath(data));
        return new KbsAdminClient(KbsTransport.Create(url, roots), File.ReadAllText(TrustServer.AdminTokenPath(data)).Trim());
    }

    /// <summary>SIGKILL: nothing is flushed, nothing is closed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, as an init system sends it.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        return (await EndAsync()).ExitCode;
    }

    public async Task<(int ExitCode, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        return (_process.ExitCode, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
