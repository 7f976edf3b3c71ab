using System.CommandLine;

namespace Nacre.Cli.Image;

/// <summary><c>--json</c>, or <c>-o json</c>: the result of an image verb for programs, and no progress.</summary>
internal sealed class ResultFormat
{
    private readonly Option<string?> _output = new("--output", "-o") { Description = "json, or nothing for text.", HelpName = "json" };
    private readonly Option<bool> _json = new("--json") { Description = "The same as -o json." };

    public static ResultFormat AddTo(Command command)
    {
        var format = new ResultFormat();
        command.Options.Add(format._output);
        command.Options.Add(format._json);
        return format;
    }

    public bool IsJson(ParseResult line) => line.GetValue(_json) || line.GetValue(_output) == "json";
}
