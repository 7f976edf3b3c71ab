namespace Nacre.Rego.Explain;

/// <summary>Values that an explanation must not show: what stands at the given paths, wherever it turns up again.</summary>
internal sealed class Redaction
{
    private const int MaxShown = 200;
    private const string Mark = "[redacted]";

    private readonly HashSet<RegoValue> _hidden = [];

    public static Redaction Of(RegoInput input)
    {
        var redaction = new Redaction();
        foreach (var path in input.Redact)
        {
            var parts = path.Split('.');
            var value = parts[0] == "data" ? input.Data : input.Input;
            foreach (var part in parts.Skip(1))
                value = value is null ? null : Evaluate.Lookup.In(value, new RegoString(part));
            redaction.Hide(value);
        }

        return redaction;
    }

    public string Show(RegoValue value)
    {
        var text = Replace(value).ToString()!;
        return text.Length <= MaxShown ? text : text[..MaxShown] + "…";
    }

    // Parts of a hidden value are hidden too; true, false and null tell nothing by themselves.
    private void Hide(RegoValue? value)
    {
        switch (value)
        {
            case null or RegoNull or RegoBool:
                return;
            case RegoArray array:
                foreach (var item in array.Items)
                    Hide(item);
                break;
            case RegoSet set:
                foreach (var item in set.Items)
                    Hide(item);
                break;
            case RegoObject members:
                foreach (var member in members.Values)
                    Hide(member);
                break;
        }

        _hidden.Add(value);
    }

    private RegoValue Replace(RegoValue value)
    {
        if (_hidden.Count == 0)
            return value;
        if (_hidden.Contains(value))
            return new RegoString(Mark);

        return value switch
        {
            RegoArray array => RegoArray.From(array.Items.Select(Replace)),
            RegoSet set => RegoSet.From(set.Items.Select(Replace)),
            RegoObject members => RegoObject.From(members.Keys.Zip(members.Values, (key, member) => KeyValuePair.Create(Replace(key), Replace(member)))),
            RegoString text when _hidden.Any(hidden => hidden is RegoString { Value.Length: > 3 } secret && text.Value.Contains(secret.Value, StringComparison.Ordinal)) => new RegoString(Mark),
            _ => value,
        };
    }
}
