using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;
using Nacre.Rego.Types;

namespace Nacre.Rego.Compile;

/// <summary>A query compiled against a program.</summary>
internal sealed record QueryPlan(Node Body, int FrameSize, IReadOnlyList<(string Text, int Row, int Column)> Expressions)
{
    public static QueryPlan Make(RegoProgram program, string query, Tracing? tracing)
    {
        var literals = Parser.ParseQuery(query, program.Options.QuerySyntax, program.Options.Limits.MaxNesting);
        var frame = new Frame();
        var names = new Names(program.Tree, program.Builtins);
        var resolver = new Resolver(names, frame);
        var planner = new Planner(frame, program.Tree, tracing);
        var body = resolver.ResolveBody(literals, resolver.Root);

        var values = new List<ValueExpr?>();
        var texts = new List<(string, int, int)>();
        foreach (var literal in body)
        {
            if (literal is TermLiteral { Term: LocalTerm { Variable.StandsForTerm: true } })
                continue;

            texts.Add((literal.Place.Text, literal.Place.Line, literal.Place.Column));
            if (literal is TermLiteral { IsNegated: false } term && !(term.Term is ResolvedCall call && (call.Is("eq") || call.Arguments.Count == call.Arity + 1)))
            {
                var slot = frame.Reserve();
                planner.Captures[literal] = slot;
                values.Add(new SlotExpr(slot));
            }
            else
                values.Add(null);
        }

        var node = planner.PlanBody(body, [], bound => End(resolver, values, bound));
        if (program.Options.ChecksTypes)
            TypeChecker.CheckQuery(program.Types, body, planner.Captures.Keys);
        return new QueryPlan(node, frame.Size, texts);
    }

    private static SolutionNode End(Resolver resolver, List<ValueExpr?> values, HashSet<Variable> bound)
    {
        var variables = resolver.Root.Variables
            .Where(variable => !variable.IsGenerated && bound.Contains(variable))
            .Select(variable => (variable.Name, (ValueExpr)new SlotExpr(variable.Slot)));
        // The value of a lone expression is told even if it is false; among several, or of many solutions, only true ones count.
        return new SolutionNode([.. values], [.. variables], mustBeTrue: values.Count > 1 || bound.Count > 0);
    }
}
