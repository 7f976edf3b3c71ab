using System.CommandLine;
using Nacre.Attestation.Policies;
using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy check</c>: compiles, and holds references into the input against a JSON schema.</summary>
internal static class PolicyCheckCommand
{
    public static Command Create()
    {
        var v0 = PolicyOptions.V0();
        var schema = new Option<string?>("--schema", "-s") { Description = PolicySchema.Description };
        var paths = new Argument<string[]>("path") { Description = "Files and folders.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Check policies for errors. Example: nacre policy check --schema tee:snp policies/")
        {
            v0, schema, paths,
        };
        command.SetAction((line, _) => PolicyOptions.GuardAsync(
            () => RunAsync(
                PolicyFiles.Read(line.GetRequiredValue(paths), line.GetValue(v0)), PolicySchema.Read(line.GetValue(schema)), Console.Out),
            Console.Error));
        return command;
    }

    internal static async Task<int> RunAsync(PolicyFiles files, RegoValue? schema, TextWriter output)
    {
        var program = RegoProgram.Compile(files.Sources, new() { HostBuiltins = [ReferenceQuery.Builtin] });
        var warnings = schema is null ? [] : program.CheckInput(schema);
        foreach (var warning in warnings)
            await output.WriteLineAsync($"{warning.File}:{warning.Line}:{warning.Column}: {warning.Message}");

        return warnings.Count == 0 ? ExitCode.Done : ExitCode.Local;
    }
}
