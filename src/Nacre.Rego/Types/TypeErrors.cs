using Nacre.Rego.Compile;
using Nacre.Rego.Json;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Types;

/// <summary>Errors in OPA's words: the first line says what, the others, each after a tab, show the types.</summary>
internal static class TypeErrors
{
    public static RegoError Arguments(
        Place place, string name, IEnumerable<RegoType?> have, FunctionType want, string problem = "invalid argument(s)") =>
        Error(place, $"{name}: {problem}", $"have: ({string.Join(", ", have.Select(RegoType.Text))})", $"want: {want.Wanted}");

    public static RegoError Match(Place place, RegoType? left, RegoType? right) =>
        Error(place, "match error", $"left  : {RegoType.Text(left)}", $"right : {RegoType.Text(right)}");

    /// <summary>What was found by the operands before <paramref name="at"/> is no collection.</summary>
    public static RegoError NoCollection(RefTerm path, int at, RegoType have)
    {
        var text = Text(path, path.Path.Count);
        return Error(path.Place, $"undefined ref: {text}", text, new string('^', Text(path, at).Length), $"have: {have}");
    }

    /// <summary>The operand at <paramref name="at"/> cannot be looked up in what is before it.</summary>
    public static RegoError Operand(RefTerm path, int at, RegoType? have, RegoType? want, IReadOnlyList<RegoValue> oneOf)
    {
        var text = Text(path, path.Path.Count);
        var pad = new string(' ', Text(path, at).Length + 1);
        return Error(
            path.Place,
            $"undefined ref: {text}",
            text,
            $"{pad}^",
            have is null ? $"{pad}have: {OperandText(path.Path[at])}" : $"{pad}have (type): {have}",
            oneOf.Count > 0
                ? $"{pad}want (one of): [{string.Join(' ', oneOf.Order(ValueComparer.Instance).Select(TermText.Write))}]"
                : $"{pad}want (type): {RegoType.Text(want)}");
    }

    /// <summary>Constant keys of the objects in a type.</summary>
    public static IReadOnlyList<RegoValue> KeysOf(RegoType? type) => type switch
    {
        ObjectType members => [.. members.Members.Select(member => member.Key)],
        AnyType any => [.. any.Members.SelectMany(KeysOf).Distinct()],
        _ => [],
    };

    private static RegoError Error(Place place, params string[] lines) => place.Error(RegoErrorCode.Type, string.Join("\n\t", lines));

    private static string Text(RefTerm path, int count)
    {
        var text = path.Head is RootTerm root ? (root.IsInput ? "input" : "data") : OperandText(path.Head);
        foreach (var operand in path.Path.Take(count))
            text += operand is ScalarTerm { Value: RegoString { Value: var key } } && IsName(key) ? "." + key : $"[{OperandText(operand)}]";

        return text;
    }

    private static string OperandText(Term term) => term switch
    {
        ScalarTerm scalar => TermText.Write(scalar.Value),
        LocalTerm local => local.Variable.Name,
        RefTerm path => Text(path, path.Path.Count),
        _ => term.Place.Text,
    };

    private static bool IsName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
