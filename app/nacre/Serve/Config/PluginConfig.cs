using Nacre.KeyBroker.Plugins;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.Cli.Serve.Config;

/// <summary>The tables <c>[[plugins]]</c> (trust.md 2.2): their keys are read by the plugins themselves, when the server starts.</summary>
internal static class PluginConfig
{
    public static void Read(IReadOnlyList<ConfigTable> tables, ServeSettings settings)
    {
        var plugins = new List<PluginSettings>();
        foreach (var table in tables)
        {
            var name = table.Text("name");
            if (name is null)
                table.Problem("name", "is missing");
            else if (name == ResourceBackends.PluginName && IsOwnStore(table))
                ReadOwnStore(table);
            else if (name != ResourceBackends.PluginName && !PluginList.Names.Contains(name))
                table.Problem("name", $"nacre has no plugin '{name}'; it has {string.Join(", ", [ResourceBackends.PluginName, .. PluginList.Names])}");
            else
                plugins.Add(PluginSettings.Read(table.Raw(), table.Place, name, Environment.GetEnvironmentVariable));
        }

        if (plugins.Count > 0)
            settings.Change(options => options with { Broker = options.Broker with { Plugins = [.. plugins, .. options.Broker.Plugins] } });
    }

    // Older files call it type.
    private static bool IsOwnStore(ConfigTable table) =>
        (table.Text("storage_backend_type") ?? table.Text("type")) is null or "kvstorage" or "KvStorage" or "LocalFs";

    private static void ReadOwnStore(ConfigTable table)
    {
        if (table.Text("dir_path") is not null)
            table.Note("dir_path", "not read: take the values over with nacre import --from local-fs");
        table.Note("name", "resources are in the store of --data, encrypted");
        table.Close();
    }
}
