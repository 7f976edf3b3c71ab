using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Types;

/// <summary>A rule with its names resolved and its body in the order in which it runs.</summary>
/// <param name="Group">What it is a rule of.</param>
/// <param name="Path">The constant beginning of its head below <c>data</c>.</param>
/// <param name="Rest">The operands of the head that follow.</param>
/// <param name="Arguments">Of a function: a variable or a pattern each.</param>
/// <param name="Body">Expressions.</param>
/// <param name="Value">Its value, or the element it adds.</param>
/// <param name="IsElement">It adds an element to a set.</param>
internal sealed record RuleShape(
    RuleGroup Group,
    RegoValue[] Path,
    IReadOnlyList<Term> Rest,
    IReadOnlyList<Term> Arguments,
    List<Literal> Body,
    Term Value,
    bool IsElement);
