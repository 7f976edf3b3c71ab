using Nacre.Rego.Compile;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Types;

internal sealed partial class TypeChecker
{
    /// <summary>Two terms are to be equal: false if they never are. What is known of one side is learnt of the other.</summary>
    private bool Unify(Term left, Term right, TypeScope scope)
    {
        var (leftType, rightType) = (TypeOf(left, scope), TypeOf(right, scope));
        var (isLeftUnknown, isRightUnknown) = (RegoType.IsUnknown(leftType), RegoType.IsUnknown(rightType));
        if (!isLeftUnknown && !isRightUnknown)
            return TypeAlgebra.Unifies(leftType, rightType);
        if (!isRightUnknown)
            return Unify(left, rightType!, isUnion: false, scope);
        if (!isLeftUnknown)
            return Unify(right, leftType!, isUnion: false, scope);

        switch (left, right)
        {
            case (ArrayTerm one, ArrayTerm other):
                return one.Items.Count == other.Items.Count
                    && one.Items.Zip(other.Items).All(pair => Unify(pair.First, pair.Second, scope));
            case (ObjectTerm one, ObjectTerm other) when ByKey(one) is { } members && ByKey(other) is { } others:
                return members.Count == others.Count
                    && members.All(member => others.TryGetValue(member.Key, out var value)
                        && Unify(member.Value, value, scope));
            default:
                return Unify(left, AnyType.All, isUnion: false, scope)
                    && Unify(right, TypeOf(left, scope) ?? AnyType.All, isUnion: false, scope);
        }
    }

    /// <summary>A term is to be of a type: false if it never is. Variables of which nothing was known get theirs.</summary>
    /// <param name="term">Checked before.</param>
    /// <param name="type">The type.</param>
    /// <param name="isUnion">It is one of several types the term may have, so that its variables may have others.</param>
    /// <param name="scope">Of the variables.</param>
    private bool Unify(Term term, RegoType? type, bool isUnion, TypeScope scope)
    {
        switch (term, type)
        {
            case (_, null):
                return false;
            case (LocalTerm local, _) when isUnion:
                scope[local.Variable] = TypeAlgebra.Union(scope[local.Variable], type);
                return true;
            case (LocalTerm local, _) when scope[local.Variable] is null:
                scope[local.Variable] = type;
                return true;
            case (ArrayTerm array, ArrayType wanted):
                return (array.Items.Count == wanted.Items.Length || wanted.Rest is not null)
                    && array.Items.Index().All(item => Unify(item.Item, wanted.Select(item.Index), isUnion, scope));
            case (ObjectTerm members, ObjectType wanted):
                return (members.Members.Count == wanted.Members.Length || wanted.Others is not null)
                    && members.Members.TrueForAll(member => UnifyMember(member.Key, member.Value, wanted, isUnion, scope));
            case (SetTerm set, SetType wanted):
                return set.Items.TrueForAll(item => Unify(item, wanted.Element, isUnion, scope));
            case (ArrayTerm or ObjectTerm or SetTerm, AnyType { IsAll: true }):
                var variables = new HashSet<Variable>();
                TermVariables.AddSoft(term, variables);
                foreach (var variable in variables)
                    scope[variable] = AnyType.All;
                return true;
            case (ArrayTerm or ObjectTerm or SetTerm, AnyType any):
                // Each that fits adds to what the variables may be.
                return Array.FindAll(any.Members, member => Unify(term, member, isUnion: true, scope)) is not [];
            case (ArrayTerm or ObjectTerm or SetTerm, _):
                return false;
            case (RefTerm or ResolvedCall or ComprehensionTerm, _) when isUnion:
                return true;
            default:
                return TypeAlgebra.Unifies(TypeOf(term, scope), type);
        }
    }

    private bool UnifyMember(Term key, Term value, ObjectType wanted, bool isUnion, TypeScope scope) => key is ScalarTerm constant
        ? Unify(value, wanted.Select(constant.Value), isUnion, scope)
        : Unify(value, AnyType.All, isUnion, scope);

    private static Dictionary<RegoValue, Term>? ByKey(ObjectTerm term)
    {
        var members = new Dictionary<RegoValue, Term>();
        foreach (var (key, value) in term.Members)
            if (key is not ScalarTerm constant || !members.TryAdd(constant.Value, value))
                return null;

        return members;
    }
}
