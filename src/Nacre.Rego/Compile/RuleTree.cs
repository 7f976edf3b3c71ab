using Nacre.Rego.Builtins;
using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>Sorts the rules of all modules into the tree below <c>data</c> and into groups.</summary>
internal sealed class RuleTree(IReadOnlyDictionary<string, Builtin> builtins)
{
    private readonly List<RegoError> _errors = [];
    private readonly Dictionary<TreeNode, List<RuleEntry>> _entries = new(ReferenceEqualityComparer.Instance);

    public TreeNode Root { get; } = new([]);

    public List<(RuleGroup Group, List<RuleEntry> Rules)> Groups { get; } = [];

    public static RuleTree Build(List<Module> modules, IReadOnlyDictionary<string, Builtin> builtins)
    {
        var tree = new RuleTree(builtins);
        foreach (var module in modules)
            tree.Root.At(PackagePath(module)).IsPackage = true;
        foreach (var package in modules.GroupBy(module => string.Join('\0', module.Package)))
            tree.AddPackage([.. package]);

        tree.MakeGroups(tree.Root, null);
        if (tree._errors.Count > 0)
            throw new RegoException(tree._errors);

        return tree;
    }

    private static RegoValue[] PackagePath(Module module) => [.. module.Package.Select(part => new RegoString(part))];

    private void AddPackage(List<Module> modules)
    {
        var package = PackagePath(modules[0]);
        var ruleNames = modules.SelectMany(module => module.Rules).Select(rule => rule.Name).Distinct().ToList();
        foreach (var module in modules)
        {
            var names = new Names(Root, builtins);
            foreach (var name in ruleNames)
                names.Add(name, isInput: false, [.. package, new RegoString(name)]);
            AddImports(module, names);
            foreach (var rule in module.Rules)
                AddRule(rule, module, names, package);
        }
    }

    private void AddImports(Module module, Names names)
    {
        var seen = new HashSet<string>();
        foreach (var import in module.Imports)
        {
            var root = ((VarTerm)import.Path.Head).Name;
            if (root is "future" or "rego")
                continue;
            if (!seen.Add(import.Name) && module.Syntax == RegoSyntax.V1)
                _errors.Add(import.Place.Error(RegoErrorCode.Compile, $"import must not shadow import of the same name: {import.Name}"));
            names.Add(import.Name, root == "input", [.. import.Path.Path.Select(operand => ((ScalarTerm)operand).Value)]);
        }
    }

    private void AddRule(Rule rule, Module module, Names names, RegoValue[] package)
    {
        if (module.Syntax == RegoSyntax.V1 && rule.Name is "input" or "data" && rule.Head.Count == 1)
            _errors.Add(rule.Place.Error(RegoErrorCode.Compile, $"rules must not shadow {rule.Name} (use a different rule name)"));

        var constant = rule.Head.Skip(1).TakeWhile(operand => operand is ScalarTerm).Select(operand => ((ScalarTerm)operand).Value).ToList();
        RegoValue[] path = [.. package, new RegoString(rule.Name), .. constant];
        var entry = new RuleEntry(rule, module, names, path, rule.Head[(constant.Count + 1)..]);
        var node = Root.At(path);
        if (!_entries.TryGetValue(node, out var entries))
            _entries.Add(node, entries = []);
        entries.Add(entry);
    }

    // A rule with variables in its head makes one document of everything below it.
    private void MakeGroups(TreeNode node, (RuleGroup Group, List<RuleEntry> Rules)? above)
    {
        var here = above;
        if (_entries.TryGetValue(node, out var entries))
        {
            if (above is null)
            {
                var kind = entries.Exists(entry => entry.Kind == RuleKind.Object) ? RuleKind.Object : entries[0].Kind;
                var group = new RuleGroup(Groups.Count, node.Path, kind, entries[0].Rule.Place) { Arity = entries[0].Rule.Arguments?.Count ?? 0 };
                here = (group, entries);
                Groups.Add((group, entries));
                node.Group = group;
                CheckSame(group, entries);
                CheckBelow(node, group);
            }
            else
                above.Value.Rules.AddRange(entries);
        }

        var passOn = here is { Group.Kind: RuleKind.Object } ? here : null;
        foreach (var child in node.Children.Values)
            MakeGroups(child, passOn);
    }

    private void CheckSame(RuleGroup group, List<RuleEntry> entries)
    {
        if (entries.Count(entry => entry.Rule.IsDefault) > 1)
            _errors.Add(entries.Last(entry => entry.Rule.IsDefault).Rule.Place.Error(RegoErrorCode.Type, $"multiple default rules {group.Name} found"));

        foreach (var entry in entries)
            if (entry.Kind != group.Kind && !(group.Kind == RuleKind.Object && entry.Kind == RuleKind.Set && entry.Path.Length > group.Path.Length))
                _errors.Add(entry.Rule.Place.Error(RegoErrorCode.Type, $"conflicting rules {group.Name} found"));
            else if (group.Kind == RuleKind.Function && entry.Rule.Arguments!.Count != group.Arity)
                _errors.Add(entry.Rule.Place.Error(RegoErrorCode.Type, $"conflicting rules {group.Name} found: they differ in the number of arguments"));
    }

    private void CheckBelow(TreeNode node, RuleGroup group)
    {
        if (node.IsPackage)
            _errors.Add(group.Place.Error(RegoErrorCode.Type, $"package {group.Name} conflicts with rule {group.Name}"));
        if (group.Kind == RuleKind.Object || node.Children.Count == 0)
            return;

        foreach (var child in node.Children.Values)
            if (child.IsPackage || _entries.ContainsKey(child))
                _errors.Add(group.Place.Error(RegoErrorCode.Type, $"rule {group.Name} conflicts with {RuleGroup.NameOf(child.Path)}"));
    }
}
