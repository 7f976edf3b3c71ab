using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
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
    private const int MostSecretCharacters = 4096;

    /// <summary>Variables of the environment, for secrets that stand there.</summary>
    public Func<string, string?> FindVariable { get; init; } = _ => null;

    /// <param name="toml">The text.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="findVariable">Of the environment; null for none.</param>
    /// <exception cref="MalformedDataException">It is no TOML with such tables, or has something else besides.</exception>
    public static IReadOnlyList<PluginSettings> Parse(string toml, string file, Func<string, string?>? findVariable = null)
    {
        // The document backs the elements for as long as the settings live.
        var document = JsonDocument.Parse(JsonText.Utf8(TomlDocument.Parse(toml, file)));
        var root = new JsonFields(file, document.RootElement);
        root.Only("plugins");
        return root.Find("plugins") is null ? [] : Read(root, file, findVariable ?? (_ => null));
    }

    /// <summary>One table that was read before.</summary>
    /// <param name="table">With its name.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <param name="name">Of the plugin.</param>
    /// <param name="findVariable">Of the environment.</param>
    public static PluginSettings Read(JsonObject table, string place, string name, Func<string, string?> findVariable) =>
        new(name, new JsonFields(place, JsonDocument.Parse(JsonText.Utf8(table)).RootElement)) { FindVariable = findVariable };

    /// <summary>A whole number; <paramref name="otherwise"/> when it is not given.</summary>
    public int Number(string name, int otherwise, int least, int most)
    {
        if (Fields.Find(name) is not { } value)
            return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number : throw Fields.Malformed(name, $"must be a whole number from {least} to {most}");
    }

    /// <summary>
    /// A secret: <c>NAME</c> as upstream has it, <c>NAME_file</c> with a file that holds it, or <c>NAME_env</c> with a variable of the
    /// environment that does. A line break at its end does not belong to it. The caller disposes it.
    /// </summary>
    public SecretBytes Secret(string name)
    {
        string[] places = [name, $"{name}_file", $"{name}_env"];
        if (places.Where(place => Fields.Find(place) is not null).ToArray() is not [var place])
            throw Fields.Malformed(name, $"one of {name}, {name}_file and {name}_env must be given");

        var text = Fields.Text(place, MostSecretCharacters);
        if (place == places[1])
            text = ReadFile(place, text);
        else if (place == places[2])
            text = FindVariable(text) ?? throw Fields.Malformed(place, $"the variable '{text}' is not set");
        return SecretBytes.Own(Encoding.UTF8.GetBytes(text.TrimEnd('\r', '\n')));
    }

    /// <summary>The text of a file that a member names.</summary>
    /// <exception cref="MalformedDataException">It cannot be read.</exception>
    public string ReadFile(string name, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fields.Malformed(name, $"'{path}' cannot be read: {e.Message}");
        }
    }

    private static List<PluginSettings> Read(JsonFields root, string file, Func<string, string?> findVariable)
    {
        var all = new List<PluginSettings>();
        foreach (var table in root.Array("plugins", MostPlugins))
        {
            var fields = new JsonFields($"{file} plugins[{all.Count}]", table);
            var name = fields.Text("name", 64);
            if (name != ResourceBackends.PluginName && all.Exists(one => one.Name == name))
                throw fields.Malformed("name", $"'{name}' is there twice");
            all.Add(new PluginSettings(name, fields) { FindVariable = findVariable });
        }

        return all;
    }
}
