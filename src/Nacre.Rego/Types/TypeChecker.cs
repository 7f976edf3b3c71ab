using Nacre.Rego.Compile;
using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Types;

/// <summary>
/// Finds, before anything is evaluated, expressions of one rule or query that can never hold because of the types of what they are made of.
/// Follows OPA in what it infers and what it refuses; what it does not know is of any type and refused nowhere.
/// </summary>
internal sealed partial class TypeChecker(RuleTypes rules, List<RegoError> errors)
{
    // Of references, calls and comprehensions that have been checked.
    private readonly Dictionary<Term, RegoType> _computed = new(ReferenceEqualityComparer.Instance);

    // In the body of an `every`, of which OPA checks only the references.
    private bool _isReferencesOnly;

    /// <summary>Adds the rule's type to <paramref name="rules"/>, which has those of all rules it refers to.</summary>
    public static void CheckRule(RuleTypes rules, RuleShape rule, List<RegoError> errors)
    {
        var before = errors.Count;
        var checker = new TypeChecker(rules, errors);
        var scope = new TypeScope();
        checker.CheckBody(rule.Body, scope);
        foreach (var operand in rule.Rest)
            checker.Visit(operand, scope);
        checker.Visit(rule.Value, scope);

        // Who refers to a rule with errors shall not get more of them.
        rules.Add(rule.Path, errors.Count > before ? AnyType.All : checker.TypeOf(rule, scope));
    }

    /// <param name="rules">Types of the rules.</param>
    /// <param name="body">The query, in the order in which it runs.</param>
    /// <param name="values">Expressions whose value is asked for, whatever it is.</param>
    /// <exception cref="RegoException">With all errors.</exception>
    public static void CheckQuery(RuleTypes rules, List<Literal> body, IReadOnlyCollection<Literal> values)
    {
        var errors = new List<RegoError>();
        var checker = new TypeChecker(rules, errors);
        var scope = new TypeScope();
        foreach (var literal in body)
            checker.CheckLiteral(literal, scope, isValue: values.Contains(literal));

        if (errors.Count > 0)
            throw new RegoException(errors);
    }

    private RegoType TypeOf(RuleShape rule, TypeScope scope)
    {
        var value = TypeOf(rule.Value, scope) ?? AnyType.All;
        if (rule.Group.Kind == RuleKind.Function)
        {
            var variables = new HashSet<Variable>();
            foreach (var argument in rule.Arguments)
                TermVariables.AddOpen(argument, variables);
            Forget(variables, scope);
            return new FunctionType([.. rule.Arguments.Select(argument => TypeOf(argument, scope))], value);
        }

        if (rule.IsElement)
            return rule.Rest.Count == 0 ? SetType.Of(value) : AnyType.All;

        return rule.Rest.Reverse().Aggregate(value, (inner, operand) => ObjectType.Of(TypeOf(operand, scope) ?? AnyType.All, inner));
    }

    private void CheckBody(List<Literal> body, TypeScope scope)
    {
        foreach (var literal in body)
            CheckLiteral(literal, scope, isValue: false);
    }

    private void CheckLiteral(Literal literal, TypeScope scope, bool isValue)
    {
        foreach (var modifier in literal.With)
            CheckWith((ResolvedWith)modifier, scope);

        switch (literal)
        {
            case TermLiteral { Term: ResolvedCall call } when !isValue:
                CheckStatement(call, literal.Place, scope);
                break;
            case TermLiteral term:
                Visit(term.Term, scope);
                break;
            case SomeInLiteral some:
                CheckSomeIn(some, scope);
                break;
            case ResolvedEvery every:
                CheckEvery(every, scope);
                break;
            case PrintLiteral print:
                foreach (var argument in print.Arguments)
                    Visit(argument, new TypeScope(scope));
                break;
        }
    }

    private void CheckWith(ResolvedWith modifier, TypeScope scope)
    {
        if (modifier.NewValue is { } value)
            Visit(value, scope);
        if (modifier.Mock is not { } mock || modifier.Replaced is not { } replaced)
            return;

        var (have, want) = (SignatureOf(mock.Builtin, mock.Function), SignatureOf(replaced.Builtin, replaced.Function));
        if (have is not null && want is not null && !TypeAlgebra.Unifies(have, want))
            errors.Add(TypeErrors.Arguments(modifier.Place, modifier.Function!, have.Arguments, want, "arity mismatch"));
    }

    private void CheckStatement(ResolvedCall call, Place place, TypeScope scope)
    {
        if (call.Arguments is [LocalTerm { Variable.StandsForTerm: true }, _])
            return;

        call.Arguments.ForEach(argument => Visit(argument, scope));
        if (_isReferencesOnly)
            return;
        if (call.Arguments is [var left, var right] && (call.Is("eq") || call.Is("equal")))
            CheckEqual(left, right, place, scope);
        else
            CheckCall(call, isValue: false, scope);
    }

    private void CheckEqual(Term left, Term right, Place place, TypeScope scope)
    {
        var (leftType, rightType) = (TypeOf(left, scope), TypeOf(right, scope));
        if (!Unify(left, right, scope))
            errors.Add(TypeErrors.Match(place, leftType, rightType));
    }

    // As OPA has it: x in xs is x = xs[_].
    private void CheckSomeIn(SomeInLiteral some, TypeScope scope)
    {
        var key = some.Key ?? new LocalTerm(some.Place, new Variable("__local0__", -1));
        var element = some.Domain is RefTerm path
            ? new RefTerm(path.Place, path.Head, [.. path.Path, key])
            : new RefTerm(some.Domain.Place, some.Domain, [key]);
        Visit(element, scope);
        Visit(some.Value, scope);
        if (!_isReferencesOnly)
            CheckEqual(some.Value, element, some.Place, scope);
    }

    private void CheckEvery(ResolvedEvery every, TypeScope scope)
    {
        Visit(every.Domain, scope);
        var variables = new HashSet<Variable> { every.Value };
        if (every.Key is not null)
            variables.Add(every.Key);
        foreach (var literal in every.Body)
            TermVariables.AddOpen(literal, variables);

        var inner = new TypeScope(scope);
        Forget(variables, inner);
        var isOuter = _isReferencesOnly;
        _isReferencesOnly = true;
        CheckBody(every.Body, inner);
        _isReferencesOnly = isOuter;
    }

    // Variables of which nothing is known, and nothing shall be concluded from how they are used.
    private static void Forget(HashSet<Variable> variables, TypeScope scope)
    {
        foreach (var variable in variables)
            scope[variable] ??= AnyType.All;
    }

    private FunctionType? SignatureOf(Builtins.Builtin? builtin, RuleGroup? function) =>
        builtin is not null ? builtin.Signature : rules.FindFunction(function!.Path);
}
