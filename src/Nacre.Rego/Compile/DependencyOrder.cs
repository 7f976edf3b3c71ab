using Nacre.Rego.Evaluate;

namespace Nacre.Rego.Compile;

/// <summary>Rules in an order in which each comes after those it refers to. It does not recurse: chains of rules may be long.</summary>
internal sealed class DependencyOrder
{
    private readonly Dictionary<RuleGroup, bool> _isDone = [];
    private readonly List<(RuleGroup Group, IEnumerator<RuleGroup> Next)> _path = [];
    private readonly List<RuleGroup> _order = [];

    private DependencyOrder()
    {
    }

    public static List<RuleGroup> Sort(
        List<RuleGroup> groups, Dictionary<RuleGroup, HashSet<RuleGroup>> dependencies, List<RegoError> errors)
    {
        var sort = new DependencyOrder();
        foreach (var group in groups)
        {
            sort.Enter(group, dependencies, errors);
            while (sort._path.Count > 0)
            {
                var (last, next) = sort._path[^1];
                if (next.MoveNext())
                    sort.Enter(next.Current, dependencies, errors);
                else
                    sort.Leave(last);
            }
        }

        return sort._order;
    }

    private void Enter(RuleGroup group, Dictionary<RuleGroup, HashSet<RuleGroup>> dependencies, List<RegoError> errors)
    {
        if (_isDone.TryGetValue(group, out var isDone))
        {
            if (!isDone)
                errors.Add(Recursion(group));
            return;
        }

        _isDone[group] = false;
        _path.Add((group, ((IEnumerable<RuleGroup>)dependencies[group]).GetEnumerator()));
    }

    private void Leave(RuleGroup group)
    {
        _path.RemoveAt(_path.Count - 1);
        _isDone[group] = true;
        _order.Add(group);
    }

    private RegoError Recursion(RuleGroup group)
    {
        var cycle = _path.Select(step => step.Group).SkipWhile(other => other != group).Append(group).Select(other => other.Name);
        return group.Place.Error(RegoErrorCode.Recursion, $"rule {group.Name} is recursive: {string.Join(" -> ", cycle)}");
    }
}
