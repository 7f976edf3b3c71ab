using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Nacre.Cli;

/// <summary><c>-o json|table</c>: results for programs or for people, always on stdout.</summary>
internal sealed class OutputFormat
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

        var table = new Table().Border(TableBorder.None);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column.ToUpperInvariant())).PadRight(3).NoWrap());
        foreach (var row in rows.OfType<JsonObject>())
        {
            var cells = new List<Text>();
            foreach (var column in columns)
                cells.Add(new Text(row[column] is JsonValue value ? value.ToString() : row[column]?.ToJsonString(s_indented) ?? ""));
            table.AddRow(cells);
        }

        AnsiConsole.Write(table);
    }

    public bool IsJson(ParseResult line) => line.GetValue(_format) == "json";

    public static void WriteJson(JsonNode node) => Console.Out.WriteLine(node.ToJsonString(s_indented));
}
