using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

internal sealed partial class Planner
{
    public ValueExpr Compile(Term term, HashSet<Variable> bound)
    {
        if (_hoisted.TryGetValue(term, out var slot))
            return new SlotExpr(slot);

        switch (term)
        {
            case ScalarTerm scalar:
                return new ConstExpr(scalar.Value);
            case LocalTerm local:
                return bound.Contains(local.Variable)
                    ? new SlotExpr(local.Variable.Slot)
                    : throw new RegoException(local.Place.Error(RegoErrorCode.UnsafeVariable, $"var {local.Variable.Name} is unsafe"));
            case RootTerm root:
                return CompileRef(root, [], bound, isWhole: true);
            case RefTerm path:
                return CompileRef(path.Head, path.Path, bound, isWhole: true);
            case ArrayTerm array:
                var items = CompileAll(array.Items, bound);
                return Constants(items) is { } values ? new ConstExpr(new RegoArray(values)) : new ArrayExpr(items);
            case SetTerm set:
                var members = CompileAll(set.Items, bound);
                return Constants(members) is { } elements ? new ConstExpr(RegoSet.From(elements)) : new SetExpr(members);
            case ObjectTerm objects:
                return CompileObject(objects, bound);
            case ResolvedCall call:
                return CompileCall(call, bound);
            case ComprehensionTerm comprehension:
                return CompileComprehension(comprehension, bound);
            case TemplateTerm template:
                return new TemplateExpr([.. template.Parts.Select(part => (part.Text, (ValueExpr?)CompilePart(part.Expression, bound)))]);
            default:
                throw new RegoException(term.Place.Error(RegoErrorCode.Compile, "this term cannot stand here"));
        }
    }

    public Pattern CompilePattern(Term term, HashSet<Variable> bound)
    {
        if (IsBound(term, bound))
            return new EqualPattern(Compile(term, bound));

        switch (term)
        {
            case LocalTerm local:
                bound.Add(local.Variable);
                return local.Variable.Name == VarTerm.Wildcard ? AnyPattern.Instance : new BindPattern(local.Variable.Slot);
            case ArrayTerm array:
                return new ArrayPattern([.. array.Items.Select(item => CompilePattern(item, bound))]);
            case ObjectTerm members:
                return new ObjectPattern([.. members.Members.Select(member => (Compile(member.Key, bound), CompilePattern(member.Value, bound)))]);
            default:
                return new EqualPattern(Compile(term, bound));
        }
    }

    private ValueExpr[] CompileAll(List<Term> terms, HashSet<Variable> bound) => [.. terms.Select(term => Compile(term, bound))];

    private static RegoValue[]? Constants(ValueExpr[] items) =>
        Array.TrueForAll(items, item => item.Constant is not null) ? [.. items.Select(item => item.Constant!)] : null;

    private ValueExpr CompileObject(ObjectTerm term, HashSet<Variable> bound)
    {
        var keys = CompileAll([.. term.Members.Select(member => member.Key)], bound);
        var values = CompileAll([.. term.Members.Select(member => member.Value)], bound);
        if (Constants(keys) is { } constantKeys && Constants(values) is { } constants && constantKeys.Distinct().Count() == keys.Length)
            return new ConstExpr(RegoObject.From(constantKeys.Zip(constants, KeyValuePair.Create)));

        return new ObjectExpr([.. keys.Zip(values)]);
    }

    private ValueExpr CompileCall(ResolvedCall call, HashSet<Variable> bound)
    {
        var arguments = CompileAll(call.Arguments, bound);
        if (call.Arity >= 0 && arguments.Length != call.Arity)
            throw new RegoException(call.Place.Error(
                RegoErrorCode.Type, $"{call.Name}: arity mismatch: takes {call.Arity} arguments, got {arguments.Length}"));

        var first = frame.Reserve(arguments.Length);
        if (call.Builtin is { } builtin)
            return new BuiltinExpr(builtin, arguments, first, call.Place);

        IsCostly = true;
        Dependencies.Add(call.Function!);
        return new FunctionExpr(call.Function!, arguments, first, call.Place);
    }

    private ComprehensionExpr CompileComprehension(ComprehensionTerm term, HashSet<Variable> bound)
    {
        IsCostly = true;
        var body = new List<Literal>(term.Body);
        var value = AsOwnExpression(term.Value, body);
        var key = term.Key is null ? null : AsOwnExpression(term.Key, body);
        var node = PlanBody(body, [.. bound], inner =>
        {
            RequireBound(value, inner);
            if (key is not null)
                RequireBound(key, inner);
            return term.ComprehensionKind switch
            {
                ComprehensionKind.Array => new AddToArrayNode(Compile(value, inner)),
                ComprehensionKind.Set => new AddToSetNode(Compile(value, inner)),
                _ => new AddToObjectNode(Compile(key!, inner), Compile(value, inner)),
            };
        });
        var own = term.Body.ToHashSet();
        term.Body.Clear();
        term.Body.AddRange(body.Where(own.Contains));
        return new ComprehensionExpr(term.ComprehensionKind, node, term.Place);
    }

    private BodyExpr? CompilePart(Literal? expression, HashSet<Variable> bound)
    {
        if (expression is null)
            return null;

        var slot = frame.Reserve();
        return new BodyExpr(PlanValue(expression, slot, bound), slot);
    }

    /// <summary>A term at the end of a body that itself may have many values becomes an expression of the body.</summary>
    public Term AsOwnExpression(Term term, List<Literal> body)
    {
        if (!MayGenerate(term))
            return term;

        var target = new LocalTerm(term.Place, new Variable(Variable.Head, frame.Reserve()));
        body.Add(new TermLiteral(term.Place, new ResolvedCall(term.Place, Builtins.BuiltinList.Unify, function: null, [target, term])));
        return target;
    }

    public static void RequireBound(Term term, HashSet<Variable> bound)
    {
        var variables = new HashSet<Variable>();
        TermVariables.AddOpen(term, variables);
        variables.ExceptWith(bound);
        if (variables.Count > 0)
            throw new RegoException([.. variables.Select(variable => term.Place.Error(RegoErrorCode.UnsafeVariable, $"var {variable.Name} is unsafe"))]);
    }

    private static bool MayGenerate(Term term) => term switch
    {
        RefTerm path => path.Path.Exists(operand => operand is not ScalarTerm) || MayGenerate(path.Head),
        ResolvedCall call => call.Builtin is { IsRelation: true } || call.Arguments.Exists(MayGenerate),
        ArrayTerm array => array.Items.Exists(MayGenerate),
        SetTerm set => set.Items.Exists(MayGenerate),
        ObjectTerm members => members.Members.Exists(member => MayGenerate(member.Key) || MayGenerate(member.Value)),
        _ => false,
    };
}
