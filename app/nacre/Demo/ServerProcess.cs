namespace Nacre.Cli.Demo;

/// <summary><c>nacre serve</c> in a process of its own, on a free port of loopback.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private ServerProcess(ChildProcess process, Uri url, string dataFolder) => (_process, Url, DataFolder) = (process, url, dataFolder);

    public Uri Url { get; }

    public string DataFolder { get; }

    public string AuthorityFile => Path.Combine(DataFolder, "ca.pem");

    public string AdminTokenFile => Path.Combine(DataFolder, "admin-token");

    public int Id => _process.Id;

    /// <param name="dataFolder">Made by the server at its first start.</param>
    /// <param name="tpmRoots">PEM files with the makers of TPMs that the owner trusts.</param>
    /// <param name="outlives">Leave it running when this process ends.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public static Task<ServerProcess> StartAsync(string dataFolder, IEnumerable<string> tpmRoots, bool outlives, CancellationToken cancel) =>
        StartWithAsync(
            dataFolder,
            ["--url", "https://127.0.0.1:0", "--explain-to-guests", .. tpmRoots.SelectMany(root => (string[])["--tpm-root", root])],
            outlives,
            cancel);

    /// <param name="dataFolder">Made by the server at its first start.</param>
    /// <param name="options">Of <c>nacre serve</c>, with <c>--url</c>.</param>
    /// <param name="outlives">Leave it running when this process ends.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public static Task<ServerProcess> StartWithAsync(string dataFolder, IReadOnlyList<string> options, bool outlives, CancellationToken cancel) =>
        StartProgramAsync(
            dataFolder, [Path.Combine(AppContext.BaseDirectory, "nacre.dll"), "serve", "--data", dataFolder, .. options], outlives, cancel);

    /// <param name="dataFolder">Made by the server at its first start.</param>
    /// <param name="arguments">Of <c>dotnet</c>: a program whose first line is that of <c>nacre serve</c>.</param>
    /// <param name="outlives">Leave it running when this process ends.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public static async Task<ServerProcess> StartProgramAsync(
        string dataFolder, IReadOnlyList<string> arguments, bool outlives, CancellationToken cancel)
    {
        var log = dataFolder + ".log";
        var earlier = File.Exists(log) ? File.ReadLines(log).Count() : 0;
        var process = await ChildProcess.StartAsync("dotnet", arguments, log, outlives);
        try
        {
            Uri? url = null;
            await process.WaitUntilAsync(_ => Task.FromResult((url = ReadUrl(log, earlier)) is not null), TimeSpan.FromSeconds(15), "the trust server", cancel);
            return new ServerProcess(process, url!, dataFolder);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // The server says where it listens once it does: "listening on https://127.0.0.1:41234, CA …".
    private static Uri? ReadUrl(string log, int earlierLines)
    {
        const string marker = "listening on ";
        if (!File.Exists(log))
            return null;

        var line = File.ReadLines(log).Skip(earlierLines).FirstOrDefault(line => line.Contains(marker, StringComparison.Ordinal) && line.Contains(", ", StringComparison.Ordinal));
        if (line is null)
            return null;

        var start = line.IndexOf(marker, StringComparison.Ordinal) + marker.Length;
        return new Uri(line[start..line.IndexOf(',', start)]);
    }
}
