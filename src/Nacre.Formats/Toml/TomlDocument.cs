using System.Text.Json.Nodes;

namespace Nacre.Formats.Toml;

/// <summary>
/// TOML 1.0 read into JSON: tables and inline tables become objects, arrays and arrays of tables become arrays, dates stay text. Bounded in
/// size and depth. A key that is given twice is an error, as the specification demands.
/// </summary>
public static class TomlDocument
{
    public const int MaxLength = 4 * 1024 * 1024;
    private const int MaxDepth = 64;

    /// <exception cref="MalformedDataException">The text is not TOML; the offset is the character where reading stopped.</exception>
    public static JsonObject Parse(string text, string structure = "toml")
    {
        if (text.Length > MaxLength)
            throw new MalformedDataException(structure, "(document)", MaxLength, $"is longer than {MaxLength} characters");

        var reader = new TomlReader(text, structure);
        var root = new JsonObject();
        var open = root;
        var defined = new HashSet<JsonNode>(ReferenceEqualityComparer.Instance);
        while (reader.NextLine())
        {
            if (reader.TryTake('['))
            {
                var isArray = reader.TryTake('[');
                var path = reader.KeyPath();
                reader.Take(']');
                if (isArray)
                    reader.Take(']');
                open = isArray ? AppendTable(reader, root, path) : OpenTable(reader, root, path, defined);
            }
            else
            {
                SetValue(reader, open, reader.KeyPath(), defined);
            }

            reader.EndLine();
        }

        return root;
    }

    internal static void SetValue(TomlReader reader, JsonObject table, List<string> path, HashSet<JsonNode>? defined)
    {
        for (var i = 0; i < path.Count - 1; i++)
        {
            table = Child(reader, table, path[i]);

            // [a.b] has closed this table; a dotted key must not add to it from elsewhere.
            if (defined?.Contains(table) == true)
                throw reader.Malformed(path[i], "is a table that was defined before");
        }

        reader.Take('=');
        var value = reader.Value(MaxDepth);
        if (!table.TryAdd(path[^1], value))
            throw reader.Malformed(path[^1], "is given twice");
    }

    private static JsonObject OpenTable(TomlReader reader, JsonObject root, List<string> path, HashSet<JsonNode> defined)
    {
        var table = root;
        foreach (var name in path)
            table = Child(reader, table, name);

        return defined.Add(table) ? table : throw reader.Malformed(path[^1], "is a table that is defined twice");
    }

    private static JsonObject AppendTable(TomlReader reader, JsonObject root, List<string> path)
    {
        var table = root;
        for (var i = 0; i < path.Count - 1; i++)
            table = Child(reader, table, path[i]);

        if (table[path[^1]] is null)
            table[path[^1]] = new JsonArray();
        if (table[path[^1]] is not JsonArray array || (array.Count > 0 && array[0] is not JsonObject))
            throw reader.Malformed(path[^1], "is not an array of tables");

        var item = new JsonObject();
        array.Add((JsonNode)item);
        return item;
    }

    private static JsonObject Child(TomlReader reader, JsonObject table, string name)
    {
        switch (table[name])
        {
            case null when !table.ContainsKey(name):
                var made = new JsonObject();
                table[name] = made;
                return made;
            case JsonObject child:
                return child;
            case JsonArray { Count: > 0 } array when array[^1] is JsonObject last:
                return last;
            default:
                throw reader.Malformed(name, "is a value, not a table");
        }
    }
}
