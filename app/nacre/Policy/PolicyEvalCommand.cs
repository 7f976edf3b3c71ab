using System.CommandLine;
using System.Text;
using System.Text.Json;
using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy eval</c>: a query, its result in the shape of <c>opa eval -f json</c>.</summary>
internal static class PolicyEvalCommand
{
    public static Command Create()
    {
        var data = PolicyOptions.Data();
        var input = PolicyOptions.Input();
        var v0 = PolicyOptions.V0();
        var strict = PolicyOptions.Strict();
        var query = new Argument<string>("query") { Description = "Such as data.policy.allow, or any Rego expression." };
        var command = new Command("eval", "Evaluate a query. Example: echo '{\"x\":[1,2]}' | nacre policy eval -i - 'sum(input.x)'") { data, input, v0, strict, query };
        command.SetAction((line, cancel) => PolicyOptions.GuardAsync(
            () => RunAsync(
                PolicyFiles.Read(line.GetValue(data)!, line.GetValue(v0)),
                PolicyFiles.ReadInput(line.GetValue(input)),
                line.GetRequiredValue(query),
                new RegoOptions { QuerySyntax = line.GetValue(v0) ? RegoSyntax.V0 : RegoSyntax.V1 },
                line.GetValue(strict),
                Console.Out,
                Console.Error,
                cancel),
            Console.Error));
        return command;
    }

    internal static async Task<int> RunAsync(
        PolicyFiles files, RegoValue? input, string query, RegoOptions options, bool strict, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        var prepared = RegoProgram.Compile(files.Sources, options).Prepare(query);
        var printed = new List<string>();
        var solutions = prepared.Evaluate(
            new RegoInput { Input = input, Data = files.Data, StrictBuiltinErrors = strict, Print = printed.Add }, cancel);
        foreach (var line in printed)
            await error.WriteLineAsync(line);

        await output.WriteLineAsync(ToJson(prepared, solutions));
        return ExitCode.Done;
    }

    private static string ToJson(RegoQuery query, IReadOnlyList<RegoBinding> solutions)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            if (solutions.Count > 0)
            {
                writer.WriteStartArray("result");
                foreach (var solution in solutions)
                    Write(writer, query, solution);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void Write(Utf8JsonWriter writer, RegoQuery query, RegoBinding solution)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("expressions");
        for (var i = 0; i < solution.Expressions.Count; i++)
        {
            var expression = query.Expressions[i];
            writer.WriteStartObject();
            writer.WritePropertyName("value");
            solution.Expressions[i].WriteTo(writer);
            writer.WriteString("text", expression.Text);
            writer.WriteStartObject("location");
            writer.WriteNumber("row", expression.Row);
            writer.WriteNumber("col", expression.Column);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (solution.Variables.Count > 0)
        {
            writer.WriteStartObject("bindings");
            foreach (var (name, value) in solution.Variables)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
