using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;
using Nacre.Rego.Types;

namespace Nacre.Rego.Compile;

/// <summary>Plans every rule of a tree, checks that none depends on itself, and that its types fit.</summary>
internal sealed class ProgramCompiler(Annotations annotations, Func<Rule, RuleGroup, Tracing?> tracing)
{
    private readonly List<RegoError> _errors = [];
    private bool _isTraced;
    private readonly Dictionary<RuleGroup, HashSet<RuleGroup>> _dependencies = [];
    private readonly Dictionary<RuleGroup, List<RuleShape>> _shapes = [];

    /// <returns>Types of the documents of all rules.</returns>
    public static RuleTypes Compile(RuleTree tree, Annotations annotations, bool checksTypes, Func<Rule, RuleGroup, Tracing?> tracing)
    {
        var compiler = new ProgramCompiler(annotations, tracing);
        foreach (var (group, rules) in tree.Groups)
            compiler.CompileGroup(group, rules);

        var order = DependencyOrder.Sort(tree.Groups.ConvertAll(group => group.Group), compiler._dependencies, compiler._errors);
        compiler.ThrowErrors();

        var types = new RuleTypes();
        foreach (var group in checksTypes ? order : [])
            foreach (var shape in compiler._shapes[group])
                TypeChecker.CheckRule(types, shape, compiler._errors);

        compiler._errors.Sort((one, other) => (one.File, one.Line, one.Column).CompareTo((other.File, other.Line, other.Column)));
        compiler.ThrowErrors();
        return types;
    }

    private void ThrowErrors()
    {
        if (_errors.Count > 0)
            throw new RegoException([.. _errors.DistinctBy(error => (error.File, error.Line, error.Column, error.Message))]);
    }

    private void CompileGroup(RuleGroup group, List<RuleEntry> entries)
    {
        var constants = new List<RegoValue?>();
        (_dependencies[group], _shapes[group]) = ([], []);
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
            _shapes[group].Add(planned.Shape!);
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
}
