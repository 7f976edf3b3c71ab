using Nacre.Rego.Compile;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Types;

internal sealed partial class TypeChecker
{
    /// <summary>Checks the references, calls and comprehensions in a term, the inner ones first.</summary>
    private void Visit(Term term, TypeScope scope)
    {
        switch (term)
        {
            case RefTerm path:
                Visit(path.Head, scope);
                path.Path.ForEach(operand => Visit(operand, scope));
                _computed[path] = CheckRef(path, scope);
                break;
            case ArrayTerm array:
                array.Items.ForEach(item => Visit(item, scope));
                break;
            case SetTerm set:
                set.Items.ForEach(item => Visit(item, scope));
                break;
            case ObjectTerm members:
                foreach (var (key, value) in members.Members)
                {
                    Visit(key, scope);
                    Visit(value, scope);
                }

                break;
            case ResolvedCall call:
                call.Arguments.ForEach(argument => Visit(argument, scope));
                _computed[call] = _isReferencesOnly ? AnyType.All : CheckCall(call, isValue: true, scope);
                break;
            case ComprehensionTerm comprehension:
                _computed[comprehension] = CheckComprehension(comprehension, scope);
                break;
            case TemplateTerm template:
                foreach (var (_, expression) in template.Parts)
                    if (expression is not null)
                        CheckLiteral(expression, new TypeScope(scope), isValue: true);
                break;
        }
    }

    /// <returns>Null if nothing is known of it yet.</returns>
    private RegoType? TypeOf(Term term, TypeScope scope)
    {
        switch (term)
        {
            case ScalarTerm scalar:
                return TypeAlgebra.TypeOf(scalar.Value);
            case LocalTerm local:
                return scope[local.Variable];
            case ArrayTerm array:
                return ArrayType.Of([.. array.Items.Select(item => TypeOf(item, scope))]);
            case SetTerm set:
                return SetType.Of(TypeAlgebra.UnionAll(set.Items.Select(item => TypeOf(item, scope))) ?? AnyType.All);
            case ObjectTerm members:
                return TypeOf(members, scope);
            case TemplateTerm:
                return RegoType.String;
            default:
                return _computed.GetValueOrDefault(term, AnyType.All);
        }
    }

    private RegoType TypeOf(ObjectTerm term, TypeScope scope)
    {
        if (term.Members.Count == 0)
            return ObjectType.Of(AnyType.All, AnyType.All);

        var known = new List<(RegoValue, RegoType?)>();
        (RegoType? Key, RegoType? Value)? others = null;
        foreach (var (key, value) in term.Members)
            if (key is ScalarTerm constant)
                known.Add((constant.Value, TypeOf(value, scope)));
            else
                others = (TypeAlgebra.Union(others?.Key, TypeOf(key, scope)), TypeAlgebra.Union(others?.Value, TypeOf(value, scope)));

        return ObjectType.Of(known, others);
    }

    private RegoType CheckCall(ResolvedCall call, bool isValue, TypeScope scope)
    {
        if (SignatureOf(call.Builtin, call.Function) is not { } want)
            return AnyType.All;

        var result = want.Result ?? AnyType.All;
        for (var i = 0; i < Math.Min(call.Arguments.Count, want.Arguments.Length + 1); i++)
            if (!Unify(call.Arguments[i], i < want.Arguments.Length ? want.Arguments[i] : result, isUnion: false, scope))
            {
                var have = call.Arguments.Select(argument => TypeOf(argument, scope));
                errors.Add(TypeErrors.Arguments(call.Place, call.Name, isValue ? [.. have, null] : have, want));
                return AnyType.All;
            }

        return result;
    }

    private RegoType CheckComprehension(ComprehensionTerm term, TypeScope scope)
    {
        var isOuter = _isReferencesOnly;
        _isReferencesOnly = false;
        var inner = new TypeScope(scope);
        CheckBody(term.Body, inner);
        if (term.Key is not null)
            Visit(term.Key, inner);
        Visit(term.Value, inner);
        _isReferencesOnly = isOuter;

        var value = TypeOf(term.Value, inner) ?? AnyType.All;
        return term.ComprehensionKind switch
        {
            ComprehensionKind.Array => ArrayType.Of(value),
            ComprehensionKind.Set => SetType.Of(value),
            _ => ObjectType.Of(TypeOf(term.Key!, inner) ?? AnyType.All, value),
        };
    }
}
