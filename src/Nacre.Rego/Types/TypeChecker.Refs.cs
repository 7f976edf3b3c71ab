using Nacre.Rego.Compile;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Types;

internal sealed partial class TypeChecker
{
    private RegoType CheckRef(RefTerm path, TypeScope scope)
    {
        var keys = path.Path.ConvertAll(operand => (operand as ScalarTerm)?.Value);
        var isData = path.Head is RootTerm { IsInput: false };
        if (path.Head is LocalTerm local)
            scope[local.Variable] ??= AnyType.All;

        // Functions are called, and otherwise only named after `with`.
        if (isData && rules.Select(keys) is FunctionType function)
            return Refuse(TypeErrors.NoCollection(path, path.Path.Count, function));

        var head = path.Head is RootTerm ? AnyType.All : TypeOf(path.Head, scope);
        var error = isData ? CheckData(path, scope) : CheckLookups(head, path, 0, scope);
        return error is not null ? Refuse(error) : (isData ? rules.Select(keys) : RuleTypes.Lookup(head, keys, 0)) ?? AnyType.All;
    }

    private AnyType Refuse(RegoError error)
    {
        errors.Add(error);
        return AnyType.All;
    }

    private RegoError? CheckData(RefTerm path, TypeScope scope)
    {
        var node = rules;
        for (var i = 0; i < path.Path.Count && node.Keys.Any(); i++)
        {
            var operand = path.Path[i];

            // The first two parts of every package's path are names.
            if (i < 2 && operand is ScalarTerm { Value: not RegoString } or ArrayTerm or ObjectTerm or SetTerm)
                return TypeErrors.Operand(path, i, TypeOf(operand, scope), RegoType.String, [.. node.Keys]);

            if (operand is not ScalarTerm { Value: var key })
                return CheckOperand(path, i, TypeAlgebra.Keys(node.Extent()), [.. node.Keys], scope)
                    ?? CheckLookups(AnyType.All, path, i + 1, scope);
            if (node.Child(key) is not { } child)
                return CheckLookups(AnyType.All, path, i + 1, scope);
            if (child.Type is not null)
                return CheckLookups(child.Type, path, i + 1, scope);

            node = child;
        }

        return null;
    }

    private RegoError? CheckLookups(RegoType? type, RefTerm path, int from, TypeScope scope)
    {
        for (var i = from; i < path.Path.Count && !RegoType.IsUnknown(type); i++)
        {
            if (TypeAlgebra.Keys(type) is not { } keys)
                return TypeErrors.NoCollection(path, i, type!);

            if (path.Path[i] is ScalarTerm { Value: var key })
            {
                var found = TypeAlgebra.Select(type, key);
                if (found is null)
                    return TypeErrors.Operand(path, i, have: null, keys, TypeErrors.KeysOf(type));
                type = found;
                continue;
            }

            if (CheckOperand(path, i, keys, TypeErrors.KeysOf(type), scope) is { } error)
                return error;
            type = TypeAlgebra.Values(type);
        }

        return null;
    }

    private RegoError? CheckOperand(RefTerm path, int at, RegoType? keys, IReadOnlyList<RegoValue> known, TypeScope scope)
    {
        var operand = path.Path[at];
        if (keys is null || Unify(operand, keys, isUnion: false, scope))
            return null;

        return TypeErrors.Operand(path, at, TypeOf(operand, scope), keys, operand is ArrayTerm or ObjectTerm or SetTerm ? [] : known);
    }
}
