using System.CommandLine;
using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy explain</c>: why a query is true, false or undefined.</summary>
internal static class PolicyExplainCommand
{
    public static Command Create()
    {
        var data = PolicyOptions.Data();
        var input = PolicyOptions.Input();
        var v0 = PolicyOptions.V0();
        var brief = new Option<bool>("--short") { Description = "Only the line with the decisive expression." };
        var redact = new Option<string[]>("--redact") { Description = "Path whose values are not shown, such as input.secret. May be repeated.", DefaultValueFactory = _ => [] };
        var query = new Argument<string>("query") { Description = "Such as data.policy.allow." };
        var command = new Command("explain", "Explain a decision. Example: nacre policy explain -d policy.rego -i input.json data.policy.allow")
        {
            data, input, v0, brief, redact, query,
        };
        command.SetAction((line, cancel) => PolicyOptions.GuardAsync(
            async () =>
            {
                var files = PolicyFiles.Read(line.GetValue(data)!, line.GetValue(v0));
                var evaluated = new RegoInput { Input = PolicyFiles.ReadInput(line.GetValue(input)), Data = files.Data, Redact = line.GetValue(redact)! };
                var explanation = RegoProgram.Compile(files.Sources).Prepare(line.GetRequiredValue(query)).Explain(evaluated, cancel);
                await Console.Out.WriteLineAsync(line.GetValue(brief) ? explanation.Summary : explanation.ToText().TrimEnd());
                return ExitCode.Done;
            },
            Console.Error));
        return command;
    }
}
