using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>
/// Cases of a test: <c>test_sum[name] if { some name, … }</c>. A case whose expressions fail leaves no trace in the document, so whoever runs
/// tests registers a function of the name <see cref="Function"/>, and it is told of each case as soon as its name is known.
/// </summary>
internal static class TestCases
{
    public const string Function = "internal.test_case";

    /// <summary>The call that tells, or null if the rule has no cases or nobody wants to know.</summary>
    public static TermLiteral? Probe(RuleEntry entry, Func<Term, Term> resolve)
    {
        if (entry.Rest.Count == 0 || entry.Rule.IsDefault || !entry.Rule.Name.StartsWith("test_", StringComparison.Ordinal))
            return null;
        if (entry.Names.FindBuiltin(Function) is not { } builtin)
            return null;

        var place = entry.Rule.Place;
        return new TermLiteral(place, new ResolvedCall(place, builtin, function: null, [new ArrayTerm(place, entry.Rest.ConvertAll(term => resolve(term)))]));
    }
}
