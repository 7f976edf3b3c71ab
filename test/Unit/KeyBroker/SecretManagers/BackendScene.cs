using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Plugins;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>Back ends as settings name them, with a stand-in for their secret manager and variables of their own.</summary>
internal sealed class BackendScene : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-backend-").FullName;
    private ResourceBackends? _backends;

    public static ResourceUri Key { get; } = ResourceUri.Parse("kbs:///default/db-key/1");

    public StandInService Service { get; } = new();

    public string Url => Service.Url.ToString().TrimEnd('/');

    public Dictionary<string, string> Variables { get; } = [];

    public IResourceBackend Open(string keys) => OpenAll($"[[plugins]]\nname = \"resource\"\n{keys}").For(Key)!;

    public ResourceBackends OpenAll(string toml)
    {
        _backends?.Dispose();
        return _backends = ResourceBackends.Open(
            PluginSettings.Parse(toml, "plugins.toml", name => Variables.GetValueOrDefault(name)), TimeProvider.System);
    }

    public string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        _backends?.Dispose();
        await Service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
