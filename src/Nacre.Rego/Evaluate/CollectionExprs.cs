using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Evaluate;

internal sealed class ArrayExpr(ValueExpr[] items) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        var values = new RegoValue[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i].Eval(e) is not { } value)
                return null;
            values[i] = value;
        }

        e.Charge(values.Length);
        return new RegoArray(values);
    }
}

internal sealed class SetExpr(ValueExpr[] items) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        var values = new HashSet<RegoValue>(items.Length);
        foreach (var item in items)
        {
            if (item.Eval(e) is not { } value)
                return null;
            values.Add(value);
        }

        e.Charge(values.Count);
        return RegoSet.FromDistinct(values);
    }
}

internal sealed class ObjectExpr((ValueExpr Key, ValueExpr Value)[] members) : ValueExpr
{
    // The usual object has constant keys: sorted once, here.
    private readonly (RegoValue[] Keys, ValueExpr[] Values)? _sorted = Sort(members);

    public override RegoValue? Eval(Evaluation e)
    {
        e.Charge(members.Length);
        if (_sorted is var (keys, exprs))
        {
            var sorted = new RegoValue[exprs.Length];
            for (var i = 0; i < exprs.Length; i++)
            {
                if (exprs[i].Eval(e) is not { } value)
                    return null;
                sorted[i] = value;
            }

            return new RegoObject(keys, sorted);
        }

        var values = new Dictionary<RegoValue, RegoValue>(members.Length);
        foreach (var (keyExpr, valueExpr) in members)
        {
            if (keyExpr.Eval(e) is not { } key || valueExpr.Eval(e) is not { } value)
                return null;

            // Of equal keys the last wins.
            values[key] = value;
        }

        return RegoObject.FromDistinct(values);
    }

    private static (RegoValue[], ValueExpr[])? Sort((ValueExpr Key, ValueExpr Value)[] members)
    {
        var keys = new RegoValue[members.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            if (members[i].Key.Constant is not { } key)
                return null;
            keys[i] = key;
        }

        if (keys.Distinct().Count() != keys.Length)
            return null;

        var values = members.Select(member => member.Value).ToArray();
        Array.Sort(keys, values, ValueComparer.Instance);
        return (keys, values);
    }
}

/// <summary>A comprehension: runs its body to the end and collects.</summary>
internal sealed class ComprehensionExpr(Syntax.ComprehensionKind kind, Node body, Syntax.Place place) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        var outer = e.Collected;
        e.EnterBody();
        RegoValue result;
        switch (kind)
        {
            case Syntax.ComprehensionKind.Array:
                var items = new List<RegoValue>();
                e.Collected = items;
                body.Run(e);
                result = items.Count == 0 ? RegoArray.Empty : new RegoArray([.. items]);
                break;
            case Syntax.ComprehensionKind.Set:
                var set = new HashSet<RegoValue>();
                e.Collected = set;
                body.Run(e);
                result = RegoSet.FromDistinct(set);
                break;
            default:
                var members = new ObjectCollector(place);
                e.Collected = members;
                body.Run(e);
                result = members.ToObject();
                break;
        }

        e.Collected = outer;
        e.LeaveBody();
        return result;
    }
}

/// <summary>The value that the first solution of a body puts into a slot.</summary>
internal sealed class BodyExpr(Node body, int slot) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        e.EnterBody();
        var found = body.Run(e);
        e.LeaveBody();
        return found ? e.Stack[e.Base + slot] : null;
    }
}

/// <summary>A template string. An expression that is undefined, or fails, prints as <c>&lt;undefined&gt;</c>.</summary>
internal sealed class TemplateExpr((string? Text, ValueExpr? Value)[] parts) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        var text = new StringBuilder();
        foreach (var (literal, expr) in parts)
        {
            if (literal is not null)
            {
                text.Append(literal);
                continue;
            }

            switch (expr!.Eval(e))
            {
                case null:
                    text.Append("<undefined>");
                    break;
                case RegoString value:
                    text.Append(value.Value);
                    break;
                case var value:
                    TermText.Append(text, value);
                    break;
            }
        }

        e.ChargeText(text.Length);
        return new RegoString(text.ToString());
    }
}

/// <summary>Members of an object being made; the same key with another value is a conflict.</summary>
internal sealed class ObjectCollector(Syntax.Place place)
{
    private readonly Dictionary<RegoValue, RegoValue> _members = [];

    public void Add(RegoValue key, RegoValue value)
    {
        if (_members.TryAdd(key, value))
            return;
        if (!_members[key].Equals(value))
            throw new RegoException(place.Error(RegoErrorCode.Conflict, "object keys must be unique"));
    }

    public RegoObject ToObject() => RegoObject.FromDistinct(_members);
}
