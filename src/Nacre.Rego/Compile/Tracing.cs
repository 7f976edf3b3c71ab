using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>Puts probes around the expressions of a rule, for a program compiled to explain itself.</summary>
internal abstract class Tracing
{
    public abstract void Before(Literal literal, Planner planner, HashSet<Variable> bound, List<Step> steps);

    public abstract void After(Literal literal, List<Step> steps);
}
