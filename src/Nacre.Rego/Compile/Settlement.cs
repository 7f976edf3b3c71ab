using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>A piece of an expression that is run by itself, in an order that binds every variable before it is read.</summary>
internal abstract record Item;

/// <summary>A reference with variables to bind, or a relation: gives values one after the other.</summary>
internal sealed record GenerateItem(Term Term) : Item;

internal sealed record UnifyItem(Term Left, Term Right) : Item;

internal sealed record HoldsItem(Term Term) : Item;

internal sealed record LiteralItem(Literal Literal) : Item;

/// <summary>
/// Finds the order in which the pieces of one expression can run, given the variables that are bound. If there is none the expression
/// has to wait for others, or is unsafe.
/// </summary>
internal sealed class Settlement(HashSet<Variable> bound, HashSet<Variable> bodyVariables)
{
    private readonly List<Item> _waiting = [];
    private readonly HashSet<Variable> _bound = [.. bound];

    public List<Item> Order { get; } = [];

    public void Add(Literal literal)
    {
        if (literal.IsNegated)
        {
            _waiting.Add(new LiteralItem(literal));
            return;
        }

        switch (literal)
        {
            case TermLiteral { Term: ResolvedCall call } when call.Is("eq"):
                if (call.Arguments.Count == 3)
                    AddUnify(new ResolvedCall(call.Place, call.Builtin, null, call.Arguments[..2]), call.Arguments[2]);
                else
                    AddUnify(call.Arguments[0], call.Arguments[1]);
                break;
            case TermLiteral { Term: ResolvedCall call } when call.Arity >= 0 && call.Arguments.Count == call.Arity + 1:
                AddUnify(new ResolvedCall(call.Place, call.Builtin, call.Function, call.Arguments[..^1]), call.Arguments[^1]);
                break;
            case TermLiteral term:
                AddGenerators(term.Term);
                _waiting.Add(new HoldsItem(term.Term));
                break;
            case SomeInLiteral some:
                AddGenerators(some.Domain);
                if (some.Key is not null)
                    AddGenerators(some.Key);
                AddGenerators(some.Value);
                _waiting.Add(new LiteralItem(some));
                break;
            case ResolvedEvery every:
                AddGenerators(every.Domain);
                _waiting.Add(new LiteralItem(every));
                break;
            default:
                _waiting.Add(new LiteralItem(literal));
                break;
        }
    }

    public void AddGenerators(Term term)
    {
        switch (term)
        {
            case RefTerm path:
                AddGenerators(path.Head);
                path.Path.ForEach(AddGenerators);
                _waiting.Add(new GenerateItem(path));
                break;
            case ResolvedCall call:
                call.Arguments.ForEach(AddGenerators);
                if (call.Builtin is { IsRelation: true })
                    _waiting.Add(new GenerateItem(call));
                break;
            case ArrayTerm array:
                array.Items.ForEach(AddGenerators);
                break;
            case SetTerm set:
                set.Items.ForEach(AddGenerators);
                break;
            case ObjectTerm members:
                foreach (var (key, value) in members.Members)
                {
                    AddGenerators(key);
                    AddGenerators(value);
                }

                break;
        }
    }

    /// <summary>True if everything added could be ordered; then <see cref="Order"/> has it all.</summary>
    public bool Run()
    {
        var progressed = true;
        while (progressed && _waiting.Count > 0)
        {
            progressed = false;
            for (var i = 0; i < _waiting.Count; i++)
            {
                if (!TryPlace(_waiting[i]))
                    continue;
                _waiting.RemoveAt(i--);
                progressed = true;
            }
        }

        return _waiting.Count == 0;
    }

    private void AddUnify(Term left, Term right)
    {
        AddGenerators(left);
        AddGenerators(right);
        Decompose(left, right);
    }

    // Collections of the same shape unify piece by piece, so that variables may be bound in both directions.
    private void Decompose(Term left, Term right)
    {
        switch (left, right)
        {
            case (ArrayTerm l, ArrayTerm r) when l.Items.Count == r.Items.Count:
                for (var i = 0; i < l.Items.Count; i++)
                    Decompose(l.Items[i], r.Items[i]);
                break;
            case (ObjectTerm l, ObjectTerm r) when Keys(l) is { } keys && Keys(r) is { } others && keys.Count == others.Count && keys.Keys.All(others.ContainsKey):
                foreach (var (key, value) in keys)
                    Decompose(value, others[key]);
                break;
            default:
                _waiting.Add(new UnifyItem(left, right));
                break;
        }
    }

    private static Dictionary<RegoValue, Term>? Keys(ObjectTerm members)
    {
        var keys = new Dictionary<RegoValue, Term>();
        foreach (var (key, value) in members.Members)
            if (key is not ScalarTerm scalar || !keys.TryAdd(scalar.Value, value))
                return null;

        return keys;
    }

    private bool TryPlace(Item item)
    {
        switch (item)
        {
            case HoldsItem holds:
                if (!IsEvaluable(holds.Term))
                    return false;
                break;
            case GenerateItem { Term: ResolvedCall call }:
                if (!call.Arguments.TrueForAll(IsEvaluable))
                    return false;
                break;
            case GenerateItem { Term: RefTerm path }:
                if (IsEvaluable(path))
                    return true;
                if (!IsEvaluable(path.Head) || !path.Path.TrueForAll(IsMatchable))
                    return false;
                path.Path.ForEach(operand => TermVariables.AddSoft(operand, _bound));
                break;
            case UnifyItem unify:
                var (left, right) = (IsEvaluable(unify.Left), IsEvaluable(unify.Right));
                if (left && !right && IsMatchable(unify.Right))
                    TermVariables.AddSoft(unify.Right, _bound);
                else if (right && !left && IsMatchable(unify.Left))
                    TermVariables.AddSoft(unify.Left, _bound);
                else if (!left || !right)
                    return false;
                break;
            case LiteralItem { Literal: SomeInLiteral some } when !some.IsNegated:
                if (!IsEvaluable(some.Domain) || !IsMatchable(some.Value) || (some.Key is not null && !IsMatchable(some.Key)))
                    return false;
                if (some.Key is not null)
                    TermVariables.AddSoft(some.Key, _bound);
                TermVariables.AddSoft(some.Value, _bound);
                break;
            case LiteralItem { Literal: var literal }:
                var open = new HashSet<Variable>();
                TermVariables.AddOpen(literal, open);
                var closed = new HashSet<Variable>();
                TermVariables.AddClosed(literal, closed);
                closed.IntersectWith(bodyVariables);
                open.UnionWith(closed);
                if (!open.IsSubsetOf(_bound))
                    return false;
                break;
        }

        Order.Add(item);
        return true;
    }

    private bool IsEvaluable(Term term)
    {
        if (term is ScalarTerm or RootTerm)
            return true;
        if (term is LocalTerm local)
            return _bound.Contains(local.Variable);

        var variables = new HashSet<Variable>();
        TermVariables.AddOpen(term, variables);
        if (!variables.IsSubsetOf(_bound))
            return false;

        variables.Clear();
        TermVariables.AddClosed(term, variables);
        variables.IntersectWith(bodyVariables);
        return variables.IsSubsetOf(_bound);
    }

    private bool IsMatchable(Term term)
    {
        var hard = new HashSet<Variable>();
        TermVariables.AddHard(term, hard);
        TermVariables.AddClosed(term, hard);
        hard.RemoveWhere(variable => !bodyVariables.Contains(variable));
        return hard.IsSubsetOf(_bound);
    }
}
