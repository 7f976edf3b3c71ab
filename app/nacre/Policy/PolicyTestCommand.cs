using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nacre.Attestation.Policies;
using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy test</c>: runs the rules whose names begin with <c>test_</c>; <c>todo_test_</c> are skipped.</summary>
internal static class PolicyTestCommand
{
    public static Command Create()
    {
        var v0 = PolicyOptions.V0();
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Print every test, and for a failed one the expression that failed." };
        var coverage = new Option<bool>("--coverage", "-c") { Description = "Print the lines that no test reached." };
        var paths = new Argument<string[]>("path") { Description = "Files and folders.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("test", "Run the tests of policies. Example: nacre policy test -v policies/") { v0, verbose, coverage, paths };
        command.SetAction((line, cancel) => PolicyOptions.GuardAsync(
            () => RunAsync(PolicyFiles.Read(line.GetRequiredValue(paths), line.GetValue(v0)), line.GetValue(verbose), line.GetValue(coverage), Console.Out, cancel), Console.Error));
        return command;
    }

    internal static async Task<int> RunAsync(PolicyFiles files, bool verbose, bool coverage, TextWriter output, CancellationToken cancel)
    {
        var program = RegoProgram.Compile(files.Sources, new RegoOptions { HostBuiltins = [PolicyTestCases.Probe, ReferenceQuery.Empty] });
        var covered = new Dictionary<(string File, int Line), int>();
        var (passed, failed, skipped) = (0, 0, 0);
        foreach (var name in program.RuleNames)
        {
            var last = name[(name.LastIndexOf('.') + 1)..];
            if (last.StartsWith("todo_test_", StringComparison.Ordinal))
                skipped++;
            if (!last.StartsWith("test_", StringComparison.Ordinal))
                continue;

            var watch = Stopwatch.StartNew();
            var query = program.Prepare(name);
            var cases = new PolicyTestCases();
            var input = new RegoInput { Data = files.Data, State = cases };
            var (outcome, detail) = Run(query, input, cases, cancel);
            passed += outcome == "PASS" ? 1 : 0;
            failed += outcome == "PASS" ? 0 : 1;
            if (verbose || outcome != "PASS")
                await output.WriteLineAsync($"{name}: {outcome} ({watch.Elapsed.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)}ms){(detail.Length > 0 ? "\n  " + detail : "")}");
            if (coverage)
                foreach (var line in query.Explain(input, cancel).Coverage)
                    covered[(line.File, line.Line)] = covered.GetValueOrDefault((line.File, line.Line)) + line.Reached;
        }

        if (coverage)
            await PrintCoverageAsync(covered, output);
        await output.WriteLineAsync($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 ? ExitCode.Done : ExitCode.Local;
    }

    private static (string Outcome, string Detail) Run(RegoQuery query, RegoInput input, PolicyTestCases cases, CancellationToken cancel)
    {
        try
        {
            var result = query.EvaluateValue(input, cancel);
            if (result is RegoBool { Value: true })
                return ("PASS", "");
            if (!cases.Any)
                return ("FAIL", query.Explain(input, cancel).Summary);

            var failed = cases.Failed(result);
            return failed.Count == 0 ? ("PASS", "") : ("FAIL", string.Join("\n  ", failed.Select(name => $"case {name}: FAIL")));
        }
        catch (RegoException e)
        {
            return ("ERROR", e.Message);
        }
    }

    private static async Task PrintCoverageAsync(Dictionary<(string File, int Line), int> covered, TextWriter output)
    {
        foreach (var file in covered.GroupBy(line => line.Key.File).OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            var missed = file.Where(line => line.Value == 0).Select(line => line.Key.Line).Order().ToList();
            var percent = 100.0 * (file.Count() - missed.Count) / file.Count();
            await output.WriteLineAsync(
                $"{file.Key}: {percent.ToString("0.0", CultureInfo.InvariantCulture)} % covered{(missed.Count == 0 ? "" : $", not covered: {string.Join(", ", missed)}")}");
        }
    }
}
