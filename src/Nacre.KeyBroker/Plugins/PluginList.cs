using Nacre.Formats;

namespace Nacre.KeyBroker.Plugins;

/// <summary>The plugins that there are. <c>resource</c> is always there: its tables say where resources are kept.</summary>
public static class PluginList
{
    private static readonly Dictionary<string, Func<PluginSettings, PluginServices, CancellationToken, ValueTask<IPlugin>>> s_plugins = new()
    {
        ["certificates"] = Certificates.CertificatesPlugin.OpenAsync,
        ["enclave"] = (settings, services, _) => ValueTask.FromResult<IPlugin>(new Enclave.EnclavePlugin(settings, services)),
        ["external"] = External.ExternalPlugin.OpenAsync,
        ["nebula-ca"] = NebulaCa.NebulaCaPlugin.OpenAsync,
        ["pkcs11"] = Pkcs11.Pkcs11Plugin.OpenAsync,
        ["provisioner"] = (settings, services, _) => ValueTask.FromResult<IPlugin>(new Provisioner.ProvisionerPlugin(settings, services)),
        ["sample"] = (settings, _, _) => ValueTask.FromResult<IPlugin>(new Sample.SamplePlugin(settings)),
    };

    /// <summary>Of all of them, but for <c>resource</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_plugins.Keys.Order(StringComparer.Ordinal)];

    // What else there is keeps its state outside the store, in one place for all.
    private static readonly HashSet<string> s_keptInStore = ["certificates", "enclave", "provisioner", "sample"];

    /// <summary>Those that tenants have too: one whose keys and secrets are outside the store would show one tenant's to another.</summary>
    public static IReadOnlyList<PluginSettings> OfTenants(IReadOnlyList<PluginSettings> settings) =>
        [.. settings.Where(one => s_keptInStore.Contains(one.Name))];

    /// <summary>The caller disposes them.</summary>
    /// <exception cref="MalformedDataException">A name or a key is not known.</exception>
    public static async ValueTask<IReadOnlyList<IPlugin>> OpenAsync(
        IReadOnlyList<PluginSettings> settings, PluginServices services, CancellationToken cancel)
    {
        var opened = new List<IPlugin>();
        try
        {
            foreach (var one in settings.Where(one => one.Name != SecretManagers.ResourceBackends.PluginName))
            {
                if (!s_plugins.TryGetValue(one.Name, out var open))
                    throw one.Fields.Malformed("name", $"'{one.Name}' is no plugin; there are {string.Join(", ", s_plugins.Keys.Order())}");
                opened.Add(await open(one, services, cancel));
            }

            return opened;
        }
        catch
        {
            foreach (var one in opened)
                await one.DisposeAsync();
            throw;
        }
    }
}
