using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>Plans every rule of a tree, and checks that none depends on itself.</summary>
internal sealed class ProgramCompiler(RuleTree tree, Annotations annotations, Func<Rule, RuleGroup, Tracing?> tracing)
{
    private readonly List<RegoError> _errors = [];
    private bool _isTraced;
    private readonly Dictionary<RuleGroup, HashSet<RuleGroup>> _dependencies = [];

    public static void Compile(RuleTree tree, Annotations annotations, Func<Rule, RuleGroup, Tracing?> tracing)
    {
        var compiler = new ProgramCompiler(tree, annotations, tracing);
        foreach (var (group, rules) in tree.Groups)
            compiler.CompileGroup(group, rules);

        compiler.CheckRecursion();
        if (compiler._errors.Count > 0)
            throw new RegoException([.. compiler._errors.DistinctBy(error => (error.File, error.Line, error.Column, error.Message))]);
    }

    private void CompileGroup(RuleGroup group, List<RuleEntry> entries)
    {
        var constants = new List<RegoValue?>();
        _dependencies[group] = [];
        foreach (var entry in entries)
        {
            try
            {
                var planned = PlanRule(entry, group, constants);
                if (!entry.Rule.IsDefault)
                    group.Rules.Add(planned);
                else if (group.Kind == RuleKind.Object)
                    group.MemberDefaults.Add((entry.Path[group.Path.Length..], planned));
                else
                    group.Default = planned;
            }
            catch (RegoException e)
            {
                _errors.AddRange(e.Errors);
            }
        }

        // All rules give the same constant: the first that holds settles it.
        if (group.Kind is RuleKind.Complete or RuleKind.Function && constants.Count > 0 && constants.TrueForAll(value => value is not null && value.Equals(constants[0])))
            foreach (var rule in group.Rules)
                rule.EndsSearch = true;

        group.Index = new RuleIndex(group.Rules, isUsed: !_isTraced);
    }

    private RuleBody PlanRule(RuleEntry entry, RuleGroup group, List<RegoValue?> constants)
    {
        RuleBody? first = null;
        RuleBody? last = null;
        for (var rule = entry.Rule; rule is not null; rule = rule.Else)
        {
            var trace = tracing(rule, group);
            _isTraced |= trace is not null;
            var planned = new RulePlanner(entry, rule, group, annotations, trace);
            var body = planned.Plan();
            _dependencies[group].UnionWith(planned.Dependencies);
            group.IsCostly |= planned.IsCostly;
            if (!rule.IsDefault)
                constants.Add(planned.ConstantValue);
            if (first is null)
                first = last = body;
            else
                last = last!.Else = body;
        }

        if (entry.Rule.Else is not null)
            first!.IndexKeys.Clear();

        return first!;
    }

    private void CheckRecursion()
    {
        var state = new Dictionary<RuleGroup, bool>();
        foreach (var (group, _) in tree.Groups)
        {
            var path = new List<RuleGroup>();
            Visit(group, path);
        }

        // False: being visited. True: done.
        void Visit(RuleGroup group, List<RuleGroup> path)
        {
            System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
            if (state.TryGetValue(group, out var done))
            {
                if (done)
                    return;
                var cycle = path.SkipWhile(other => other != group).Append(group).Select(other => other.Name);
                _errors.Add(group.Place.Error(RegoErrorCode.Recursion, $"rule {group.Name} is recursive: {string.Join(" -> ", cycle)}"));
                return;
            }

            state[group] = false;
            path.Add(group);
            foreach (var next in _dependencies.GetValueOrDefault(group) ?? [])
                Visit(next, path);
            path.RemoveAt(path.Count - 1);
            state[group] = true;
        }
    }
}
