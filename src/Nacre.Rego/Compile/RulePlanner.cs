using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;
using Nacre.Rego.Types;

namespace Nacre.Rego.Compile;

/// <summary>Plans one rule, or one <c>else</c> of it.</summary>
internal sealed class RulePlanner
{
    private readonly RuleEntry _entry;
    private readonly Rule _rule;
    private readonly RuleGroup _group;
    private readonly Frame _frame = new();
    private readonly Planner _planner;
    private readonly Resolver _resolver;
    private readonly List<Term> _arguments = [];

    public RulePlanner(RuleEntry entry, Rule rule, RuleGroup group, Annotations annotations, Tracing? tracing)
    {
        (_entry, _rule, _group) = (entry, rule, group);
        _frame.Reserve(group.Arity);
        _planner = new Planner(_frame, entry.Names.Tree, tracing);
        _resolver = new Resolver(
            entry.Names, _frame, name => name == "rego.metadata.rule" ? annotations.OfRule(entry.Rule) : annotations.Chain(entry.Rule, entry.Module));
    }

    public HashSet<RuleGroup> Dependencies => _planner.Dependencies;

    public bool IsCostly => _planner.IsCostly;

    /// <summary>The value, if it is the same whatever the body does.</summary>
    public RegoValue? ConstantValue { get; private set; }

    /// <summary>What types are checked of, once planned.</summary>
    public RuleShape? Shape { get; private set; }

    public RuleBody Plan()
    {
        var scope = _resolver.Root;
        var arguments = _rule.Arguments ?? [];
        _resolver.DeclareArguments(arguments, 0);
        var body = new List<Literal>();
        var bound = new HashSet<Variable>();
        AddArguments(arguments, body, bound);
        body.AddRange(_resolver.ResolveBody(_rule.Body, scope));
        if (TestCases.Probe(_entry, Head) is { } probe)
            body.Insert(0, probe);
        var keys = BodyIndexKeys(body, arguments);
        if (_rule.IsDefault)
            RequireConstantDefault();

        var rest = _entry.Rest.ConvertAll(Head);
        List<Term> head = [.. _entry.Path[Math.Min(_group.Path.Length, _entry.Path.Length)..].Select(key => new ScalarTerm(_rule.Place, key)), .. rest];
        var leaf = Head(_rule.Key ?? _rule.Value!);
        var isSame = IsSameForAllSolutions(leaf, arguments.Count);
        head = head.ConvertAll(term => _planner.AsOwnExpression(term, body));
        var value = _planner.AsOwnExpression(leaf, body);

        var node = _planner.PlanBody(body, bound, all => End(head, value, isSame, all));
        var planned = new RuleBody(_rule.Place, _frame.Size, node);
        planned.IndexKeys.AddRange(keys);
        Shape = new RuleShape(_group, _entry.Path, rest, _arguments, body, leaf, _rule.Key is not null);
        return planned;

        Term Head(Term term) => _resolver.Resolve(term, scope);
    }

    // A default is a value; it may be computed by a comprehension, and by nothing else.
    private void RequireConstantDefault()
    {
        if (Refuses(_rule.Value!))
            throw new RegoException(_rule.Value!.Place.Error(RegoErrorCode.Parse, "default rule value must be ground and cannot contain refs, vars or calls"));

        static bool Refuses(Term term) => term switch
        {
            VarTerm or RefTerm or CallTerm => true,
            ArrayTerm array => array.Items.Exists(Refuses),
            SetTerm set => set.Items.Exists(Refuses),
            ObjectTerm members => members.Members.Exists(member => Refuses(member.Key) || Refuses(member.Value)),
            _ => false,
        };
    }

    private Node End(List<Term> head, Term value, bool isSame, HashSet<Variable> bound)
    {
        head.ForEach(term => Planner.RequireBound(term, bound));
        Planner.RequireBound(value, bound);
        var leaf = _planner.Compile(value, bound);
        ConstantValue = leaf.Constant;
        return _group.Kind switch
        {
            RuleKind.Set => new AddToSetNode(leaf),
            RuleKind.Object when !_rule.IsDefault => new AddToDocumentNode([.. head.Select(term => _planner.Compile(term, bound))], leaf, _rule.Key is not null),
            var kind => new ValueNode(
                leaf, isSame, kind == RuleKind.Function ? "functions must not produce multiple outputs for same inputs" : "complete rules must not produce multiple outputs", _rule.Place),
        };
    }

    private void AddArguments(List<Term> arguments, List<Literal> body, HashSet<Variable> bound)
    {
        var plain = _resolver.Root.Variables.Where(variable => variable.Slot < arguments.Count).ToList();
        bound.UnionWith(plain);
        for (var i = 0; i < arguments.Count; i++)
        {
            var place = arguments[i].Place;
            if (plain.Find(variable => variable.Slot == i) is { } whole)
            {
                _arguments.Add(new LocalTerm(place, whole));
                continue;
            }

            var pattern = _resolver.Resolve(arguments[i], _resolver.Root);
            _arguments.Add(pattern);
            if (arguments[i] is VarTerm { IsWildcard: true })
                continue;

            var slot = new Variable(Variable.Argument, i);
            bound.Add(slot);
            body.Add(new TermLiteral(place, new ResolvedCall(
                place, Builtins.BuiltinList.Unify, function: null, [new LocalTerm(place, slot), pattern])));
        }
    }

    private static bool IsSameForAllSolutions(Term value, int arity)
    {
        var variables = new HashSet<Variable>();
        TermVariables.AddAll(value, variables);
        return variables.All(variable => variable.Slot < arity);
    }

    // Equalities of the input, or of an argument, with a constant.
    private static List<IndexKey> BodyIndexKeys(List<Literal> body, List<Term> arguments)
    {
        var keys = new List<IndexKey>();
        foreach (var literal in body)
            if (literal is TermLiteral { IsNegated: false, With.Count: 0, Term: ResolvedCall { Arguments: [var left, var right] } call } && (call.Is("eq") || call.Is("equal")))
            {
                var key = right is ScalarTerm value ? Key(left, value) : left is ScalarTerm constant ? Key(right, constant) : null;
                if (key is not null)
                    keys.Add(key);
            }

        return keys;

        IndexKey? Key(Term place, ScalarTerm constant)
        {
            var (root, path) = place is RefTerm reference ? (reference.Head, reference.Path) : (place, []);
            if (path.Exists(operand => operand is not ScalarTerm))
                return null;
            var keyPath = path.Select(operand => ((ScalarTerm)operand).Value).ToArray();
            return root switch
            {
                RootTerm { IsInput: true } => new IndexKey(-1, keyPath, constant.Value),
                LocalTerm { Variable: { Slot: var slot } } when slot < arguments.Count => new IndexKey(slot, keyPath, constant.Value),
                _ => null,
            };
        }
    }
}
