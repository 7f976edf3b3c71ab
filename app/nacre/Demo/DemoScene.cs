namespace Nacre.Cli.Demo;

/// <summary>Everything the demo starts and makes, in one folder; disposed in the opposite order unless it is kept.</summary>
internal sealed class DemoScene : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _started = new();

    private DemoScene(string folder, bool keep) => (Folder, Keep) = (folder, keep);

    public string Folder { get; }

    /// <summary>Whether what was started stays when the demo ends.</summary>
    public bool Keep { get; set; }

    public static DemoScene Create(bool keep)
    {
        var folder = Directory.CreateTempSubdirectory("nacre-demo-").FullName;
        return new DemoScene(folder, keep);
    }

    public string In(params ReadOnlySpan<string> parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Has <paramref name="part"/> stopped when the demo ends.</summary>
    public T Owns<T>(T part)
        where T : IAsyncDisposable
    {
        _started.Push(part);
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        if (Keep)
            return;

        while (_started.TryPop(out var part))
            await part.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
