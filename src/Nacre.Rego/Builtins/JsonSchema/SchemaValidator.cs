using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins.JsonSchema;

/// <summary>JSON Schema, drafts 4 to 7, without references to other documents: reaching for them would be reaching the network.</summary>
internal sealed class SchemaValidator(BuiltinCall call, RegoValue root)
{
    private const int MaxDepth = 100;

    private static readonly string[] s_types = ["null", "boolean", "object", "array", "number", "string", "integer"];

    private readonly List<RegoValue> _failures = [];
    private int _depth;

    /// <summary>What is wrong with the schema itself; null: nothing.</summary>
    public static string? Problem(RegoValue schema, int depth = 0)
    {
        if (depth > MaxDepth)
            return $"schema is nested deeper than {MaxDepth}";
        if (schema is RegoBool)
            return null;
        if (schema is not RegoObject members)
            return "schema must be an object or a boolean";

        var types = members["type"] switch { null => [], RegoArray several => several.Items, var one => (IReadOnlyList<RegoValue>)[one] };
        foreach (var type in types)
            if (type is not RegoString { Value: var name } || !s_types.Contains(name))
                return $"has a primitive type that is NOT VALID -- given: /{(type as RegoString)?.Value ?? type.ToString()}/ Expected valid values are:[array boolean integer number null object string]";

        foreach (var keyword in new[] { "properties", "patternProperties", "definitions", "$defs" })
        {
            if (members[keyword] is { } value and not RegoObject)
                return $"Invalid type. Expected: object, given: {Operands.NameOf(value)} ({keyword})";
            foreach (var inner in (members[keyword] as RegoObject)?.Values ?? [])
                if (Problem(inner, depth + 1) is { } problem)
                    return problem;
        }

        foreach (var keyword in new[] { "allOf", "anyOf", "oneOf" })
            foreach (var inner in (members[keyword] as RegoArray)?.Items ?? [])
                if (Problem(inner, depth + 1) is { } problem)
                    return problem;

        if (members["required"] is { } required and not RegoArray)
            return $"Invalid type. Expected: array, given: {Operands.NameOf(required)} (required)";
        if (members["$ref"] is RegoString { Value: var reference } && !reference.StartsWith('#'))
            return $"remote reference loading disabled: {reference}";

        return members["items"] is RegoObject items ? Problem(items, depth + 1) : null;
    }

    public List<RegoValue> Validate(RegoValue document)
    {
        Check(document, root, "(root)");
        return _failures;
    }

    private void Check(RegoValue value, RegoValue schema, string at)
    {
        call.Evaluation.Step();
        if (++_depth > MaxDepth)
            throw new RegoBuiltinException($"jsonschema: nested deeper than {MaxDepth}");

        if (schema is RegoBool { Value: false })
            Fail(at, "false", "False always fails validation");
        if (schema is RegoObject members)
            CheckMembers(value, members, at);
        _depth--;
    }

    private void CheckMembers(RegoValue value, RegoObject schema, string at)
    {
        if (schema["$ref"] is RegoString reference)
        {
            Check(value, Resolve(reference.Value), at);
            return;
        }

        CheckType(value, schema["type"], at);
        if (schema["enum"] is RegoArray allowed && !allowed.Items.Contains(value))
            Fail(at, "enum", $"{at} must be one of the following: {string.Join(", ", allowed.Items)}");
        if (schema["const"] is { } constant && !constant.Equals(value))
            Fail(at, "const", $"{at} does not match: {constant}");
        CheckCombined(value, schema, at);
        switch (value)
        {
            case RegoNumber number:
                CheckNumber(number, schema, at);
                break;
            case RegoString text:
                CheckText(text.Value, schema, at);
                break;
            case RegoArray array:
                CheckArray(array, schema, at);
                break;
            case RegoObject inner:
                CheckObject(inner, schema, at);
                break;
        }
    }

    private void CheckType(RegoValue value, RegoValue? type, string at)
    {
        var names = type switch { RegoString one => [one.Value], RegoArray several => several.Items.OfType<RegoString>().Select(name => name.Value).ToList(), _ => [] };
        if (names.Count == 0)
            return;

        var actual = value is RegoNumber { IsInteger: true } ? "integer" : Operands.NameOf(value);
        if (!names.Contains(actual) && !(actual == "integer" && names.Contains("number")))
            Fail(at, "invalid_type", $"Invalid type. Expected: {string.Join(", ", names)}, given: {actual}");
    }

    private void CheckCombined(RegoValue value, RegoObject schema, string at)
    {
        foreach (var inner in (schema["allOf"] as RegoArray)?.Items ?? [])
            Check(value, inner, at);
        if (schema["anyOf"] is RegoArray any && !any.Items.Any(inner => Fits(value, inner)))
            Fail(at, "number_any_of", "Must validate at least one schema (anyOf)");
        if (schema["oneOf"] is RegoArray one && one.Items.Count(inner => Fits(value, inner)) != 1)
            Fail(at, "number_one_of", "Must validate one and only one schema (oneOf)");
        if (schema["not"] is { } not && Fits(value, not))
            Fail(at, "number_not", "Must not validate the schema (not)");
        if (schema["if"] is { } condition && schema[Fits(value, condition) ? "then" : "else"] is { } branch)
            Check(value, branch, at);
    }

    private bool Fits(RegoValue value, RegoValue schema)
    {
        var inner = new SchemaValidator(call, root) { _depth = _depth };
        inner.Check(value, schema, "");
        return inner._failures.Count == 0;
    }

    private void CheckNumber(RegoNumber number, RegoObject schema, string at)
    {
        if (schema["minimum"] is RegoNumber minimum && RegoValue.Compare(number, minimum) < (schema["exclusiveMinimum"] is RegoBool { Value: true } ? 1 : 0))
            Fail(at, "number_gte", $"Must be greater than or equal to {minimum}");
        if (schema["maximum"] is RegoNumber maximum && RegoValue.Compare(number, maximum) > (schema["exclusiveMaximum"] is RegoBool { Value: true } ? -1 : 0))
            Fail(at, "number_lte", $"Must be less than or equal to {maximum}");
        if (schema["exclusiveMinimum"] is RegoNumber above && RegoValue.Compare(number, above) <= 0)
            Fail(at, "number_gt", $"Must be greater than {above}");
        if (schema["exclusiveMaximum"] is RegoNumber below && RegoValue.Compare(number, below) >= 0)
            Fail(at, "number_lt", $"Must be less than {below}");
        if (schema["multipleOf"] is RegoNumber { IsInteger: true } factor && !(number.IsInteger && (number.ToBigInteger() % factor.ToBigInteger()).IsZero))
            Fail(at, "multiple_of", $"Must be a multiple of {factor}");
    }

    private void CheckText(string text, RegoObject schema, string at)
    {
        var length = GoText.CountRunes(text);
        if (Int(schema["minLength"]) is { } least && length < least)
            Fail(at, "string_gte", $"String length must be greater than or equal to {least}");
        if (Int(schema["maxLength"]) is { } most && length > most)
            Fail(at, "string_lte", $"String length must be less than or equal to {most}");
        if (schema["pattern"] is RegoString pattern && !call.Evaluation.Pattern(pattern.Value).IsMatch(text))
            Fail(at, "pattern", $"Does not match pattern '{pattern.Value}'");
    }

    private void CheckArray(RegoArray array, RegoObject schema, string at)
    {
        if (Int(schema["minItems"]) is { } least && array.Count < least)
            Fail(at, "array_min_items", $"Array must have at least {least} items");
        if (Int(schema["maxItems"]) is { } most && array.Count > most)
            Fail(at, "array_max_items", $"Array must have at most {most} items");
        if (schema["uniqueItems"] is RegoBool { Value: true } && array.Items.Distinct().Count() != array.Count)
            Fail(at, "unique", "array items must be unique");
        for (var i = 0; i < array.Count; i++)
        {
            var item = schema["items"] is RegoArray each ? i < each.Count ? each[i] : schema["additionalItems"] : schema["items"];
            if (item is not null)
                Check(array[i], item, $"{at}.{i}");
        }
    }

    private void CheckObject(RegoObject value, RegoObject schema, string at)
    {
        foreach (var name in (schema["required"] as RegoArray)?.Items ?? [])
            if (value.Find(name) is null)
                Fail(at, "required", $"{(name as RegoString)?.Value} is required");
        if (Int(schema["minProperties"]) is { } least && value.Count < least)
            Fail(at, "array_min_properties", $"Must have at least {least} properties");
        if (Int(schema["maxProperties"]) is { } most && value.Count > most)
            Fail(at, "array_max_properties", $"Must have at most {most} properties");

        var properties = schema["properties"] as RegoObject ?? RegoObject.Empty;
        var patterns = schema["patternProperties"] as RegoObject ?? RegoObject.Empty;
        for (var i = 0; i < value.Count; i++)
        {
            var (key, member) = (value.KeySpan[i], value.ValueSpan[i]);
            var name = JsonText.KeyText(key);
            var path = at == "(root)" ? name : $"{at}.{name}";
            var isKnown = false;
            if (properties.Find(key) is { } property)
            {
                isKnown = true;
                Check(member, property, path);
            }

            for (var p = 0; p < patterns.Count; p++)
                if (call.Evaluation.Pattern(JsonText.KeyText(patterns.KeySpan[p])).IsMatch(name))
                {
                    isKnown = true;
                    Check(member, patterns.ValueSpan[p], path);
                }

            if (isKnown)
                continue;
            if (schema["additionalProperties"] is RegoBool { Value: false })
                Fail(at, "additional_property_not_allowed", $"Additional property {name} is not allowed");
            else if (schema["additionalProperties"] is RegoObject additional)
                Check(member, additional, path);
        }
    }

    private RegoValue Resolve(string reference)
    {
        if (!reference.StartsWith('#'))
            throw new RegoBuiltinException($"jsonschema: remote reference loading disabled: {reference}");

        RegoValue? found = root;
        foreach (var part in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = found is null ? null : Evaluate.Lookup.In(found, new RegoString(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)));

        return found ?? throw new RegoBuiltinException($"jsonschema: reference {reference} does not exist");
    }

    private static long? Int(RegoValue? value) => value is RegoNumber number && number.TryGetInt64(out var integer) ? integer : null;

    private void Fail(string at, string type, string description)
    {
        var error = new StringBuilder(at).Append(": ").Append(description);
        _failures.Add(RegoObject.From(new Dictionary<string, RegoValue>
        {
            ["desc"] = new RegoString(description),
            ["error"] = new RegoString(error.ToString()),
            ["field"] = new RegoString(at),
            ["type"] = new RegoString(type),
        }));
    }
}
