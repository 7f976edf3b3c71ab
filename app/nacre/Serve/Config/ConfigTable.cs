using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Serve.Config;

/// <summary>
/// One table of a configuration file. Each key is asked for by name; what was not asked for when the table is closed is unknown here, and so
/// a problem: a key that is misspelt must not leave a server open.
/// </summary>
internal sealed class ConfigTable(ConfigFile file, string path, JsonObject values)
{
    private readonly HashSet<string> _known = [];

    /// <summary>Where it is, for messages.</summary>
    public string Place => path;

    /// <summary>All of it, for somebody who knows its keys.</summary>
    public JsonObject Raw() => (JsonObject)values.DeepClone();

    /// <summary>Whether a key is there.</summary>
    public bool Has(string key)
    {
        _known.Add(key);
        return values[key] is not null;
    }

    /// <summary>Null when it is absent, or is no text, which is then a problem.</summary>
    public string? Text(string key) => Value(key) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => Wrong<string>(key, "must be a string"),
    };

    /// <summary>One of some names; null as above.</summary>
    public string? Choice(string key, params IReadOnlyList<string> names)
    {
        var text = Text(key);
        return text is null || names.Contains(text) ? text : Wrong<string>(key, $"'{text}' is not one of {string.Join(", ", names)}");
    }

    public bool? Flag(string key) => Value(key) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => WrongValue<bool>(key, "must be true or false"),
    };

    public int? Number(string key, int min, int max) => Value(key) switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var number)
            && number >= min && number <= max => (int)number,
        _ => WrongValue<int>(key, $"must be a whole number from {min} to {max}"),
    };

    public IReadOnlyList<string> Texts(string key)
    {
        if (Value(key) is not { } node)
            return [];
        if (node is JsonArray array && array.All(item => item is JsonValue value && value.TryGetValue<string>(out _)))
            return [.. array.Select(item => (string)item!)];

        Problem(key, "must be an array of strings");
        return [];
    }

    /// <summary>A table in this one; null when it is absent, or none.</summary>
    public ConfigTable? Table(string key) => Value(key) switch
    {
        null => null,
        JsonObject table => new ConfigTable(file, Full(key), table),
        _ => Wrong<ConfigTable>(key, "must be a table"),
    };

    /// <summary>An array of tables; empty when it is absent.</summary>
    public IReadOnlyList<ConfigTable> Tables(string key)
    {
        if (Value(key) is not { } node)
            return [];
        if (node is JsonArray array && array.All(item => item is JsonObject))
            return [.. array.Select((item, index) => new ConfigTable(file, $"{Full(key)}[{index}]", (JsonObject)item!))];

        Problem(key, "must be an array of tables");
        return [];
    }

    /// <summary>Says what is wrong with a key.</summary>
    public void Problem(string key, string rule) => file.Add(Full(key), rule);

    /// <summary>Says what a key does here.</summary>
    public void Note(string key, string meaning) => file.Add(new ConfigRow(Full(key), meaning));

    /// <summary>Every key that nobody asked for is a problem.</summary>
    public void Close()
    {
        foreach (var (key, _) in values)
        {
            if (_known.Contains(key))
                continue;

            var nearest = _known.Select(name => (Name: name, Distance: Distance(key, name))).OrderBy(one => one.Distance).FirstOrDefault();
            Problem(key, nearest.Name is not null && nearest.Distance <= Math.Max(2, key.Length / 3)
                ? $"is not known; is it {nearest.Name}?" : $"is not known; there are {string.Join(", ", _known.Order())}");
        }
    }

    private JsonNode? Value(string key)
    {
        _known.Add(key);
        return values[key];
    }

    private T? Wrong<T>(string key, string rule)
        where T : class
    {
        Problem(key, rule);
        return null;
    }

    private T? WrongValue<T>(string key, string rule)
        where T : struct
    {
        Problem(key, rule);
        return null;
    }

    private string Full(string key) => path.Length == 0 ? key : $"{path}.{key}";

    // Levenshtein: letters to add, to leave away or to change.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
