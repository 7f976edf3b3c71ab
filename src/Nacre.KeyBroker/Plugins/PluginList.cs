using Nacre.Formats;

namespace Nacre.KeyBroker.Plugins;

/// <summary>The plugins that there are. <c>resource</c> is always there and is no plugin to configure.</summary>
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

    /// <summary>The caller disposes them.</summary>
    /// <exception cref="MalformedDataException">A name or a key is not known.</exception>
    public static async ValueTask<IReadOnlyList<IPlugin>> OpenAsync(
        IReadOnlyList<PluginSettings> settings, PluginServices services, CancellationToken cancel)
    {
        var opened = new List<IPlugin>();
        try
        {
            foreach (var one in settings)
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
