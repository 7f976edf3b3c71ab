using Nacre.Storage;

namespace Nacre.KeyBroker;

/// <summary>Held while a process starts on a data directory, so that two that start together do not make two masters.</summary>
internal sealed class StartTurn : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private StartTurn(FileStream file) => _file = file;

    public static async Task<StartTurn> TakeAsync(string directory, TimeProvider clock, CancellationToken cancel)
    {
        var path = Path.Combine(directory, "start.lock");
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                // The framework holds an advisory lock on a file that is shared with nobody; it ends with the process.
                return new StartTurn(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(path) && clock.GetElapsedTime(since) < s_patience)
            {
                await Task.Delay(s_pause, clock, cancel);
            }
            catch (IOException e) when (File.Exists(path))
            {
                throw new StoreException($"another process has been starting on '{directory}' for {s_patience.TotalSeconds} seconds; stop it and try again", e);
            }
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
