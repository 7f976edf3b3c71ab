using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>
/// Gives every name of one rule or query its meaning: a variable of the right scope, a document, a function. What is nested in negated
/// expressions is taken out of them here, as OPA does: <c>not f(g(x))</c> is <c>y = g(x); not f(y)</c>.
/// </summary>
internal sealed partial class Resolver(Names names, Frame frame, Func<string, RegoValue?>? metadata = null)
{
    private int _generated;

    public Scope Root { get; } = new(null);

    public Variable NewVariable(string name) => new(name, frame.Reserve());

    public List<Literal> ResolveBody(List<Literal> body, Scope scope)
    {
        foreach (var literal in body)
            foreach (var name in DeclaredNames(literal))
                if (!name.IsWildcard)
                    scope.Later.Add(name.Name);

        var resolved = new List<Literal>(body.Count);
        foreach (var literal in body)
            ResolveLiteral(literal, scope, resolved);

        return resolved;
    }

    /// <summary>Declares the variables of a function's arguments.</summary>
    public void DeclareArguments(List<Term> arguments, int firstSlot)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            // A plain variable is the slot that the caller fills.
            if (arguments[i] is VarTerm { IsWildcard: false } plain && !Root.IsDeclaredHere(plain.Name))
            {
                Root.Declare(plain.Name, new Variable(plain.Name, firstSlot + i));
                Root.Arguments.Add(plain.Name);
                continue;
            }

            foreach (var name in PatternNames(arguments[i]))
                if (!name.IsWildcard && !Root.IsDeclaredHere(name.Name))
                {
                    Root.Declare(name.Name, NewVariable(name.Name));
                    Root.Arguments.Add(name.Name);
                }
        }
    }

    private static IEnumerable<VarTerm> DeclaredNames(Literal literal) => literal switch
    {
        SomeLiteral some => some.Variables,
        SomeInLiteral some => [.. some.Key is null ? [] : PatternNames(some.Key), .. PatternNames(some.Value)],
        TermLiteral { Term: CallTerm { IsOperator: true, Function: VarTerm { Name: "assign" } } call } => PatternNames(call.Arguments[0]),
        _ => [],
    };

    /// <summary>Variables that a pattern binds: not those inside references, calls and sets.</summary>
    private static IEnumerable<VarTerm> PatternNames(Term term) => term switch
    {
        VarTerm name => [name],
        ArrayTerm array => array.Items.SelectMany(PatternNames),
        ObjectTerm members => members.Members.SelectMany(member => PatternNames(member.Value)),
        _ => [],
    };

    private void ResolveLiteral(Literal literal, Scope scope, List<Literal> into)
    {
        var modifiers = literal.With.ConvertAll<WithModifier>(modifier => ResolveWith(modifier, scope));
        Literal resolved;
        switch (literal)
        {
            case SomeLiteral some:
                foreach (var name in some.Variables)
                    Declare(name, scope, "declared");
                return;
            case SomeInLiteral some:
                var domain = Resolve(some.Domain, scope);
                foreach (var name in DeclaredNames(some))
                    if (!name.IsWildcard && !(scope.IsDeclaredHere(name.Name) && DeclaredNames(some).Count(other => other.Name == name.Name) > 1))
                        Declare(name, scope, "declared");
                resolved = new SomeInLiteral(some.Place, some.Key is null ? null : Resolve(some.Key, scope), Resolve(some.Value, scope), domain);
                break;
            case EveryLiteral every:
                resolved = ResolveEvery(every, scope);
                break;
            case TermLiteral { Term: CallTerm { Function: VarTerm { Name: "print" } } print } when names.Find((VarTerm)print.Function) is null:
                resolved = new PrintLiteral(print.Place, print.Arguments.ConvertAll(argument => Resolve(argument, scope)));
                break;
            case TermLiteral { Term: CallTerm { IsOperator: true, Function: VarTerm { Name: "assign" } } assign }:
                resolved = new TermLiteral(literal.Place, ResolveAssign(assign, scope));
                break;
            default:
                resolved = new TermLiteral(literal.Place, Resolve(((TermLiteral)literal).Term, scope));
                break;
        }

        resolved.With = modifiers;
        resolved.IsNegated = literal.IsNegated;
        if (literal.IsNegated && resolved is TermLiteral negated)
            resolved = TakeOutOfNegation(negated, into);
        into.Add(resolved);
    }

    private ResolvedCall ResolveAssign(CallTerm assign, Scope scope)
    {
        // The right side does not see what the left declares.
        var hidden = PatternNames(assign.Arguments[0]).Where(name => scope.Later.Remove(name.Name)).Select(name => name.Name).ToList();
        var value = Resolve(assign.Arguments[1], scope);
        scope.Later.UnionWith(hidden);

        foreach (var name in PatternNames(assign.Arguments[0]).DistinctBy(name => name.Name))
            if (!name.IsWildcard)
                Declare(name, scope, "assigned");

        var target = Resolve(assign.Arguments[0], scope);
        return new ResolvedCall(assign.Place, names.FindBuiltin("eq"), function: null, [target, value]);
    }

    private void Declare(VarTerm name, Scope scope, string verb)
    {
        if (name.IsWildcard)
            return;
        if (name.Name is "input" or "data" && verb == "assigned" && name.Place.Source.IsV1)
            throw new RegoException(name.Place.Error(RegoErrorCode.Compile, $"variables must not shadow {name.Name} (use a different variable name)"));
        if (scope.Arguments.Contains(name.Name))
            throw new RegoException(name.Place.Error(RegoErrorCode.Compile, $"arg {name.Name} redeclared"));
        if (scope.IsDeclaredHere(name.Name))
            throw new RegoException(name.Place.Error(RegoErrorCode.Compile, $"var {name.Name} {verb} above"));

        if (!scope.IsDeclaredHere(name.Name))
            scope.Declare(name.Name, NewVariable(name.Name));
    }

    private ResolvedEvery ResolveEvery(EveryLiteral every, Scope scope)
    {
        var domain = Resolve(every.Domain, scope);
        var inner = new Scope(scope);
        var key = every.Key is null ? null : NewVariable(every.Key.Name);
        var value = NewVariable(every.Value.Name);
        if (key is not null && !every.Key!.IsWildcard)
            inner.Declare(every.Key.Name, key);
        if (!every.Value.IsWildcard)
            inner.Declare(every.Value.Name, value);

        return new ResolvedEvery(every.Place, key, value, domain, ResolveBody(every.Body, new Scope(inner)));
    }

    private ResolvedWith ResolveWith(WithModifier modifier, Scope scope)
    {
        var place = modifier.Place;
        if (modifier.Target is VarTerm { Name: "input" } or RefTerm { Head: VarTerm { Name: "input" } })
            return new ResolvedWith(place, IsInput: true, ConstantPath(modifier.Target, scope), null, null, Resolve(modifier.Value, scope));

        if (FunctionTarget(modifier.Target, scope) is { } function)
            return ResolveMock(modifier, function, scope);

        if (Resolve(modifier.Target, scope) is not RefTerm { Head: RootTerm { IsInput: var isInput } })
            throw new RegoException(place.Error(
                RegoErrorCode.Type, "with keyword target must reference existing input, data, or a function"));

        return new ResolvedWith(place, isInput, ConstantPath(modifier.Target, scope), null, null, Resolve(modifier.Value, scope));
    }

    private Callee? FunctionTarget(Term target, Scope scope)
    {
        var head = target as VarTerm ?? (target as RefTerm)?.Head as VarTerm;
        if (head is not null && scope.Find(head.Name, head.Place) is not null)
            return null;
        if (head is not null && (head.Name == "data" || names.Find(head) is not null))
            return names.FindFunction(AsRef(Resolve(target, scope))) is { } function ? new Callee(null, function) : null;

        return names.FindBuiltin(target) is { } builtin
            ? new Callee(builtin, null)
            : throw new RegoException(target.Place.Error(RegoErrorCode.Type, $"undefined function {Names.DottedName(target)}"));
    }

    private ResolvedWith ResolveMock(WithModifier modifier, Callee function, Scope scope)
    {
        var value = modifier.Value;
        var head = value as VarTerm ?? (value as RefTerm)?.Head as VarTerm;
        if (head is not null && scope.Find(head.Name, head.Place) is null)
        {
            var known = names.Find(head) is not null;
            if (known && names.FindFunction(AsRef(Resolve(value, scope))) is { } group)
                return new ResolvedWith(modifier.Place, IsInput: false, null, function, new Mock(group, null, null), null);
            if (!known && names.FindBuiltin(value) is { } builtin)
                return new ResolvedWith(modifier.Place, IsInput: false, null, function, new Mock(null, builtin, null), null);
        }

        return new ResolvedWith(modifier.Place, IsInput: false, null, function, null, Resolve(value, scope));
    }

    private RegoValue[] ConstantPath(Term target, Scope scope)
    {
        var path = AsRef(Resolve(target, scope)).Path;
        return [.. path.Select(operand => operand is ScalarTerm scalar
            ? scalar.Value
            : throw new RegoException(operand.Place.Error(RegoErrorCode.Compile, "with keyword target must be ground")))];
    }

    private static RefTerm AsRef(Term term) => term as RefTerm ?? new RefTerm(term.Place, term, []);
}
