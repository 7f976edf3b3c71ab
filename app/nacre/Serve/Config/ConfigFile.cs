using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.Toml;

namespace Nacre.Cli.Serve.Config;

/// <summary>A configuration file of upstream's, as a tree of tables: TOML, YAML or JSON by its extension (trust.md 2.11).</summary>
internal sealed class ConfigFile
{
    private const int MaxBytes = 1024 * 1024;

    private readonly string _path;
    private readonly string[] _lines;
    private readonly List<string> _problems = [];
    private readonly List<ConfigRow> _rows = [];

    private ConfigFile(string path, string text, JsonObject root)
    {
        (_path, _lines) = (path, text.Split('\n'));
        Root = new ConfigTable(this, "", root);
    }

    public ConfigTable Root { get; }

    /// <summary>What is wrong, one line each, in the order in which it was found.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What became of the keys.</summary>
    public IReadOnlyList<ConfigRow> Rows => _rows;

    /// <exception cref="CommandException">There is no such file, or it cannot be read.</exception>
    public static ConfigFile Read(FileInfo file)
    {
        try
        {
            if (file is { Exists: true, Length: > MaxBytes })
                throw new CommandException($"'{file}' is larger than {MaxBytes} bytes");

            var text = File.ReadAllText(file.FullName, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return new ConfigFile(file.ToString(), text, Parse(file, text));
        }
        catch (MalformedDataException e)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}", "--config names a configuration file of Trustee's");
        }
    }

    public void Add(ConfigRow row) => _rows.Add(row);

    /// <summary>Remembers a problem, with the line of the key where it can be found.</summary>
    public void Add(string key, string problem) =>
        _problems.Add($"{_path}{(FindLine(key) is { } line ? $":{line}" : "")}: {key}: {problem}");

    private static JsonObject Parse(FileInfo file, string text)
    {
        switch (file.Extension.ToLowerInvariant())
        {
            case ".toml":
                return TomlDocument.Parse(text, "config");
            case ".yaml" or ".yml":
                return YamlDocument.Parse(text);
            case ".json":
                using (var document = StrictJson.Parse(Encoding.UTF8.GetBytes(text), "config", MaxBytes))
                    return JsonObject.Create(new JsonFields("config", document.RootElement).Element.Clone())!;
            default:
                throw new CommandException($"'{file}' has no extension that says what it is", "it ends with .toml, .yaml, .yml or .json");
        }
    }

    // Good enough to point at: the last name of the key, after the line of the table that it is in where TOML has one.
    private int? FindLine(string key)
    {
        var names = key.Split('.').Select(name => name.Split('[')[0]).ToArray();
        var table = string.Join('.', names[..^1]);
        var from = Array.FindIndex(_lines, line => line.Trim().TrimStart('[').TrimEnd(']') == table && line.TrimStart().StartsWith('['));
        var at = Array.FindIndex(_lines, Math.Max(from, 0), line => Names(line, names[^1]));
        return at < 0 ? null : at + 1;
    }

    private static bool Names(string line, string name)
    {
        var rest = line.AsSpan().TrimStart(" \t[{,-\"'");
        return rest.StartsWith(name, StringComparison.Ordinal) && rest[name.Length..].TrimStart("\"' \t") is ['=' or ':' or ']', ..];
    }
}

/// <summary>What became of a key.</summary>
/// <param name="Key">With its tables.</param>
/// <param name="Meaning">What this server does for it.</param>
internal sealed record ConfigRow(string Key, string Meaning);
