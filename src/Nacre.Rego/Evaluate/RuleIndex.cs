namespace Nacre.Rego.Evaluate;

/// <summary>
/// Which rules of a group can hold at all. Over the place that most rules compare with a constant, a table from constant to rules: ten
/// thousand rules that differ in one name cost one look-up.
/// </summary>
internal sealed class RuleIndex
{
    private const int MinRules = 3;

    private readonly RuleBody[] _all;
    private readonly RuleBody[] _rest = [];
    private readonly Dictionary<RegoValue, RuleBody[]>? _table;
    private readonly int _argument;
    private readonly RegoValue[] _path = [];

    /// <param name="rules">In order of the source.</param>
    /// <param name="isUsed">False where every rule shall be tried, to explain why it fails.</param>
    public RuleIndex(IReadOnlyList<RuleBody> rules, bool isUsed)
    {
        _all = [.. rules];
        var best = rules.SelectMany(rule => rule.IndexKeys.DistinctBy(key => key.Place)).GroupBy(key => key.Place).MaxBy(keys => keys.Count());
        if (!isUsed || best is null || best.Count() < MinRules)
            return;

        var first = best.First();
        (_argument, _path) = (first.Argument, first.Path);
        _rest = [.. rules.Where(rule => !rule.IndexKeys.Exists(key => key.Place == best.Key))];
        var constants = best.Select(key => key.Constant).ToHashSet();
        var lists = constants.ToDictionary(constant => constant, _ => new List<RuleBody>());

        // In the order of the source: else chains and errors depend on it.
        foreach (var rule in rules)
        {
            var keys = rule.IndexKeys.Where(key => key.Place == best.Key).Select(key => key.Constant).Distinct().ToArray();
            if (keys.Length == 1)
                lists[keys[0]].Add(rule);
        }

        if (_rest.Length > 0)
        {
            var order = rules.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
            foreach (var list in lists.Values)
            {
                list.AddRange(_rest);
                list.Sort((left, right) => order[left].CompareTo(order[right]));
            }
        }

        _table = lists.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray());
    }

    public RuleBody[] Find(Evaluation e, ReadOnlySpan<RegoValue> arguments)
    {
        if (_table is null)
            return _all;

        var value = _argument < 0 ? e.Input : arguments[_argument];
        foreach (var key in _path)
        {
            if (value is null)
                break;
            value = Lookup.In(value, key);
        }

        return value is not null && _table.TryGetValue(value, out var rules) ? rules : _rest;
    }
}
