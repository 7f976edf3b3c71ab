namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>A file for <c>--plugins</c> beside a data directory.</summary>
internal sealed class PluginFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-plugins-").FullName;

    /// <param name="toml">One table of settings, without its head.</param>
    public PluginFile(string toml) => File.WriteAllText(Path.Combine(_folder, "plugins.toml"), $"[[plugins]]\n{toml}\n");

    public string Data => Path.Combine(_folder, "data");

    /// <summary>Of <c>nacre serve</c>.</summary>
    public string[] Arguments =>
        ["--data", Data, "--url", "https://127.0.0.1:0", "--plugins", Path.Combine(_folder, "plugins.toml")];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
