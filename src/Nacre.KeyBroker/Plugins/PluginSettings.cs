using System.Text.Json;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.Toml;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.KeyBroker.Plugins;

/// <summary>One table <c>[[plugins]]</c> of upstream's configuration (trust.md 2.2): a name, and keys that the plugin knows.</summary>
/// <param name="Name">Which plugin.</param>
/// <param name="Fields">All members, with the name; the plugin refuses those that it does not know.</param>
public sealed record PluginSettings(string Name, JsonFields Fields)
{
    private const int MostPlugins = 64;

    /// <summary>Variables of the process, for plugins whose own programs read them; none unless the program gives them.</summary>
    public Func<string, string?> Environment { get; private init; } = _ => null;

    /// <exception cref="MalformedDataException">It is no TOML with such tables, or has something else besides.</exception>
    public static IReadOnlyList<PluginSettings> Parse(string toml, string file, Func<string, string?>? environment = null)
    {
        // The document backs the elements for as long as the settings live.
        var document = JsonDocument.Parse(JsonText.Utf8(TomlDocument.Parse(toml, file)));
        var root = new JsonFields(file, document.RootElement);
        root.Only("plugins");
        return root.Find("plugins") is null ? [] : Read(root, file, environment ?? (_ => null));
    }

    private static List<PluginSettings> Read(JsonFields root, string file, Func<string, string?> environment)
    {
        var all = new List<PluginSettings>();
        foreach (var table in root.Array("plugins", MostPlugins))
        {
            var fields = new JsonFields($"{file} plugins[{all.Count}]", table);
            var name = fields.Text("name", 64);
            if (name != ResourceBackends.PluginName && all.Exists(one => one.Name == name))
                throw fields.Malformed("name", $"'{name}' is there twice");
            all.Add(new PluginSettings(name, fields) { Environment = environment });
        }

        return all;
    }
}
