using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>A rule and its place in the tree.</summary>
/// <param name="Rule">As parsed.</param>
/// <param name="Module">Where it stands.</param>
/// <param name="Names">What names mean there.</param>
/// <param name="Path">The constant beginning of its head below <c>data</c>, package included.</param>
/// <param name="Rest">What follows from the first operand that is not constant.</param>
internal sealed record RuleEntry(Rule Rule, Module Module, Names Names, RegoValue[] Path, List<Term> Rest)
{
    public RuleKind Kind => Rule.Arguments is not null ? RuleKind.Function
        : Rest.Count > 0 ? RuleKind.Object
        : Rule.Key is not null ? RuleKind.Set
        : RuleKind.Complete;
}
