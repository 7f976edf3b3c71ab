using System.Text.Json.Nodes;
using Nacre.Rego;

namespace Nacre.ConformanceTests.Rego;

/// <summary>Runs one case and says what is wrong, or null.</summary>
internal static class RegoCaseRunner
{
    public static string? Run(RegoCase one)
    {
        // The cases in YAML are in either syntax, and do not say which.
        if (one.Syntax == RegoSyntax.V0 && one.IsEitherSyntax && !Parses(one) && !one.Modules.Any(text => text.Contains("import future", StringComparison.Ordinal) || text.Contains("import rego", StringComparison.Ordinal)))
            one = one with { Syntax = RegoSyntax.V1 };

        IReadOnlyList<RegoBinding> solutions;
        try
        {
            solutions = Solve(one, one.IsStrict);
        }
        catch (RegoException e)
        {
            return CheckError(one, e);
        }

        if (one.WantError is not null)
            return $"an error {one.WantErrorCode} {one.WantError} was wanted, got {solutions.Count} solutions: {Show(solutions)}";
        if (one.WantDefined is { } defined)
            return solutions.Count > 0 == defined ? null : $"defined: {solutions.Count > 0}, wanted {defined}";
        if (one.WantBindings is { } wanted)
            return CheckBindings(one, wanted, solutions);

        return CheckValue(one, solutions);
    }

    private static bool Parses(RegoCase one)
    {
        try
        {
            RegoProgram.Compile([.. one.Modules.Select((text, i) => new RegoSource($"test-{i}.rego", text, RegoSyntax.V0))]);
            return true;
        }
        catch (RegoException e)
        {
            return e.Code != RegoErrorCode.Parse;
        }
    }

    private static IReadOnlyList<RegoBinding> Solve(RegoCase one, bool strict)
    {
        // The engine that the cases in YAML are of does not look at types; where it wants an error both have one.
        var options = new RegoOptions
        {
            QuerySyntax = one.Syntax,
            HostBuiltins = [s_sleep],
            ChecksTypes = !one.IsEitherSyntax || one.WantError is not null,
        };
        var sources = one.Modules.Select((text, i) => new RegoSource($"test-{i}.rego", text, one.Syntax)).ToList();
        var program = RegoProgram.Compile(sources, options);
        var input = one.Input;
        if (one.InputTerm is { } term)
            input = RegoProgram.Compile([], options).Prepare(term).EvaluateValue(new RegoInput());

        return program.Prepare(one.Query).Evaluate(new RegoInput { Input = input, Data = one.Data, StrictBuiltinErrors = strict });
    }

    // OPA's suite declares it: it waits as long as it is told and returns nothing.
    private static readonly HostBuiltin s_sleep = new("test.sleep", 1, IsPure: true, _ => RegoNull.Value);

    private static string? CheckError(RegoCase one, RegoException e)
    {
        if (one.WantError is null)
            return $"failed: {e.Message}";
        if (one.WantErrorCode is { } code && e.Code != code)
            return $"failed with {e.Message}, wanted {code}";

        return e.Errors.Any(error => error.Message.Contains(one.WantError, StringComparison.Ordinal) || error.ToString().Contains(one.WantError, StringComparison.Ordinal))
            ? null
            : $"failed with {e.Message}, wanted {one.WantError}";
    }

    private static string? CheckBindings(RegoCase one, JsonArray wanted, IReadOnlyList<RegoBinding> solutions)
    {
        var want = wanted.Select(binding => RegoValue.Parse(binding!.ToJsonString())).ToList();
        var got = solutions.Select(solution => RegoValue.Parse(RegoObject.From(solution.Variables).ToJson())).ToList();
        if (one.SortBindings)
        {
            want = [.. want.Select(SortMembers).Order(Comparer<RegoValue>.Create(RegoValue.Compare))];
            got = [.. got.Select(SortMembers).Order(Comparer<RegoValue>.Create(RegoValue.Compare))];
        }

        return want.SequenceEqual(got) ? null : $"got {string.Join(", ", got)}, wanted {string.Join(", ", want)}";
    }

    private static string? CheckValue(RegoCase one, IReadOnlyList<RegoBinding> solutions)
    {
        if (one.WantValue is null)
            return one.WantNoResult && solutions.Count > 0 && solutions[0].Expressions[0] is not RegoBool { Value: false } ? $"got {Show(solutions)}, wanted nothing" : null;
        if (solutions.Count == 0)
            return $"undefined, wanted {one.WantValue}";

        var variables = solutions[0].Variables;
        var got = variables.Count > 0 ? RegoObject.From(variables) : solutions[0].Expressions[0];
        return got.Equals(one.WantValue) ? null : $"got {got}, wanted {one.WantValue}";
    }

    private static RegoValue SortMembers(RegoValue value) => value is RegoObject members
        ? RegoObject.From(members.Keys.Zip(members.Values, (key, member) => KeyValuePair.Create(
            key, member is RegoArray items ? RegoArray.From(items.Items.Order(Comparer<RegoValue>.Create(RegoValue.Compare))) : member)))
        : value;

    private static string Show(IReadOnlyList<RegoBinding> solutions) => string.Join("; ", solutions.Select(
        solution => string.Join(", ", solution.Expressions) + " " + string.Join(", ", solution.Variables.Select(variable => $"{variable.Key}={variable.Value}"))));
}
