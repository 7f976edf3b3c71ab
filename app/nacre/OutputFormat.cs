using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.Cli;

/// <summary><c>-o json|table</c>: results for programs or for people, always on stdout.</summary>
internal sealed class OutputFormat
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Option<string> _format = new("--output", "-o") { Description = "table or json.", DefaultValueFactory = _ => "table" };

    private OutputFormat() => _format.AcceptOnlyFromAmong("table", "json");

    public static OutputFormat AddTo(Command command)
    {
        var format = new OutputFormat();
        command.Options.Add(format._format);
        return format;
    }

    /// <summary>Writes a list of objects: as JSON, or as a table with these members as columns.</summary>
    public void Write(ParseResult line, JsonArray rows, params ReadOnlySpan<string> columns)
    {
        if (IsJson(line))
        {
            WriteJson(rows);
            return;
        }

        WriteTable([[.. columns.ToArray().Select(name => name.ToUpperInvariant())], .. Cells(rows, columns.ToArray())]);
    }

    public bool IsJson(ParseResult line) => line.GetValue(_format) == "json";

    public static void WriteJson(JsonNode node) => Console.Out.WriteLine(node.ToJsonString(s_indented));

    private static IEnumerable<string[]> Cells(JsonArray rows, string[] columns) =>
        rows.OfType<JsonObject>().Select(row => columns.Select(column => Text(row[column])).ToArray());

    private static string Text(JsonNode? value) => value is JsonValue scalar ? scalar.ToString() : value?.ToJsonString(s_compact) ?? "";

    // One line a row whatever the width of the terminal: it is for eyes and for grep alike.
    private static void WriteTable(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            Console.Out.WriteLine(string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
