using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

internal sealed partial class Resolver
{
    private static readonly string[] s_deprecated =
        ["all", "any", "cast_array", "cast_boolean", "cast_null", "cast_object", "cast_set", "cast_string", "net.cidr_overlap", "re_match", "set_diff"];

    public Term Resolve(Term term, Scope scope)
    {
        switch (term)
        {
            case VarTerm name:
                return ResolveName(name, scope);
            case RefTerm path:
                return ResolveRef(path, scope);
            case ArrayTerm array:
                return new ArrayTerm(array.Place, array.Items.ConvertAll(item => Resolve(item, scope)));
            case SetTerm set:
                return new SetTerm(set.Place, set.Items.ConvertAll(item => Resolve(item, scope)));
            case ObjectTerm members:
                return new ObjectTerm(
                    members.Place, members.Members.ConvertAll(member => (Resolve(member.Key, scope), Resolve(member.Value, scope))));
            case CallTerm call when Metadata(call) is { } annotations:
                return new ScalarTerm(call.Place, annotations);
            case CallTerm { Arguments.Count: 0 } call when ResolveAsDocument(call, scope) is { } document:
                return document;
            case CallTerm call:
                return ResolveCall(call, scope);
            case ComprehensionTerm comprehension:
                var inner = new Scope(scope);
                var body = ResolveBody(comprehension.Body, inner);
                var key = comprehension.Key is null ? null : Resolve(comprehension.Key, inner);
                return new ComprehensionTerm(
                    comprehension.Place, comprehension.ComprehensionKind, key, Resolve(comprehension.Value, inner), body);
            case TemplateTerm template:
                return new TemplateTerm(template.Place, template.Parts.ConvertAll(part => (part.Text, ResolvePart(part.Expression, scope))));
            default:
                return term;
        }
    }

    // What a rule's annotations say is known when it is compiled.
    private RegoValue? Metadata(CallTerm call) =>
        metadata is not null && call.Arguments.Count == 0 && Names.DottedName(call.Function) is "rego.metadata.rule" or "rego.metadata.chain"
            ? metadata!(Names.DottedName(call.Function)!)
            : null;

    private Term ResolveName(VarTerm name, Scope scope)
    {
        if (name.IsWildcard)
            return new LocalTerm(name.Place, NewVariable(VarTerm.Wildcard));
        if (scope.Find(name.Name, name.Place) is { } variable)
            return new LocalTerm(name.Place, variable);
        if (names.Find(name) is { } document)
            return document;

        // Variables that nothing declares belong to the whole rule.
        variable = NewVariable(name.Name);
        scope.Root.Declare(name.Name, variable);
        return new LocalTerm(name.Place, variable);
    }

    private RefTerm ResolveRef(RefTerm path, Scope scope)
    {
        var operands = path.Path.ConvertAll(operand => Resolve(operand, scope));
        return Resolve(path.Head, scope) switch
        {
            RefTerm document => new RefTerm(path.Place, document.Head, [.. document.Path, .. operands]),
            var head => new RefTerm(path.Place, head, operands),
        };
    }

    // p() reads the rule p: a rule whose head has empty parentheses is no function.
    private RefTerm? ResolveAsDocument(CallTerm call, Scope scope)
    {
        var head = call.Function as VarTerm ?? (VarTerm)((RefTerm)call.Function).Head;
        if (call.IsOperator || scope.Find(head.Name, head.Place) is not null || names.Find(head) is null)
            return null;

        var document = AsRef(Resolve(call.Function, scope));
        return names.FindRule(document) is { Kind: not RuleKind.Function } ? document : null;
    }

    private ResolvedCall ResolveCall(CallTerm call, Scope scope)
    {
        var arguments = call.Arguments.ConvertAll(argument => Resolve(argument, scope));
        var head = call.Function as VarTerm ?? (VarTerm)((RefTerm)call.Function).Head;
        RuleGroup? function = null;
        Builtins.Builtin? builtin = null;
        if (!call.IsOperator && scope.Find(head.Name, head.Place) is null && names.Find(head) is not null)
            function = names.FindFunction(AsRef(Resolve(call.Function, scope)));
        else
            builtin = names.FindBuiltin(call.Function);

        if (function is null && builtin is null)
            throw new RegoException(call.Place.Error(RegoErrorCode.Type, $"undefined function {Names.DottedName(call.Function) ?? call.Function.Place.Text}"));

        if (builtin is not null && call.Place.Source.IsV1 && s_deprecated.Contains(builtin.Name))
            throw new RegoException(call.Place.Error(RegoErrorCode.Type, $"deprecated built-in function calls in expression: {builtin.Name}"));

        var arity = builtin?.Arity ?? function!.Arity;
        if (arity >= 0 && arguments.Count != arity && arguments.Count != arity + 1)
            throw new RegoException(call.Place.Error(
                RegoErrorCode.Type, $"{builtin?.Name ?? function!.Name}: arity mismatch: takes {arity} arguments, got {arguments.Count}"));

        return new ResolvedCall(call.Place, builtin, function, arguments);
    }

    private Literal? ResolvePart(Literal? part, Scope scope)
    {
        if (part is null)
            return null;

        var resolved = new List<Literal>();
        ResolveLiteral(part, scope, resolved);
        return resolved[^1];
    }

    private TermLiteral TakeOutOfNegation(TermLiteral negated, List<Literal> into)
    {
        var term = negated.Term switch
        {
            ResolvedCall call => new ResolvedCall(
                call.Place, call.Builtin, call.Function, call.Arguments.ConvertAll(argument => TakeOut(argument, keepRef: call.Is("eq") || call.Is("equal")))),
            RefTerm path => new RefTerm(path.Place, path.Head, path.Path.ConvertAll(operand => TakeOut(operand, keepRef: false))),
            var other => other,
        };

        return new TermLiteral(negated.Place, term) { IsNegated = true, With = negated.With };

        Term TakeOut(Term inner, bool keepRef)
        {
            switch (inner)
            {
                case RefTerm path:
                    var operands = path.Path.ConvertAll(operand => TakeOut(operand, keepRef: false));
                    var rebuilt = new RefTerm(path.Place, path.Head, operands);
                    return keepRef ? rebuilt : Generate(rebuilt);
                case ResolvedCall call:
                    return Generate(call);
                case ArrayTerm array:
                    return new ArrayTerm(array.Place, array.Items.ConvertAll(item => TakeOut(item, keepRef: false)));
                case SetTerm set:
                    return new SetTerm(set.Place, set.Items.ConvertAll(item => TakeOut(item, keepRef: false)));
                case ObjectTerm members:
                    return new ObjectTerm(
                        members.Place, members.Members.ConvertAll(member => (TakeOut(member.Key, keepRef: false), TakeOut(member.Value, keepRef: false))));
                default:
                    return inner;
            }
        }

        LocalTerm Generate(Term value)
        {
            var variable = NewVariable($"__local{_generated++}__");
            var target = new LocalTerm(value.Place, variable);
            var literal = new TermLiteral(value.Place, new ResolvedCall(value.Place, names.FindBuiltin("eq"), function: null, [target, value]))
            {
                With = negated.With,
            };
            into.Add(literal);
            return target;
        }
    }
}
