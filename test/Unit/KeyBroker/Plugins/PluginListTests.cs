using Nacre.Formats;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Plugins;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.KeyBroker.Plugins;

[Trait("Group", "TrustPlugins")]
public sealed class PluginListTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_plugin_serves_below_its_own_name()
    {
        var plugins = await OpenAsync("[[plugins]]\nname = \"sample\"\nitem = \"x\"\n\n[[plugins]]\nname = \"provisioner\"\n");

        Assert.Equal(["sample", "provisioner"], plugins.Select(plugin => plugin.Name));
        Assert.All(plugins, plugin => Assert.All(
            plugin.Routes, route => Assert.StartsWith($"kbs/v0/{plugin.Name}/", route.Template, StringComparison.Ordinal)));
        foreach (var plugin in plugins)
            await plugin.DisposeAsync();
    }

    [Theory]
    [InlineData("[[plugins]]\nname = \"unheard\"\n", "'unheard' is no plugin; there are ")]
    [InlineData("[[plugins]]\nname = \"sample\"\nitems = \"x\"\n", "items: is not a member")]
    [InlineData("[[plugins]]\nname = \"sample\"\nitem = 1\n", "item: must be a string")]
    [InlineData("[[plugins]]\nname = \"provisioner\"\nkey_length = 15\n", "key_length: must be")]
    [InlineData("[[plugins]]\nname = \"provisioner\"\nkey_length = \"32\"\n", "key_length: must be")]
    public async Task What_is_not_known_is_refused(string toml, string problem)
    {
        var refusal = await Assert.ThrowsAsync<MalformedDataException>(async () => await OpenAsync(toml));

        Assert.Contains(problem, $"{refusal.Field}: {refusal.Rule}", StringComparison.Ordinal);
    }

    [Fact]
    public void Tenants_have_those_that_keep_everything_in_the_store()
    {
        var all = PluginSettings.Parse(string.Concat(PluginList.Names.Append("resource").Select(name => $"[[plugins]]\nname = \"{name}\"\n")), "file");

        Assert.Equal(["certificates", "enclave", "provisioner", "sample"], PluginList.OfTenants(all).Select(one => one.Name));
    }

    private static async Task<IReadOnlyList<IPlugin>> OpenAsync(string toml) => await PluginList.OpenAsync(
        PluginSettings.Parse(toml, "file"), new PluginServices(null!, new MemoryStore(), TimeProvider.System, new BrokerMetrics()), Cancel);
}
