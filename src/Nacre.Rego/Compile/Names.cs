using Nacre.Rego.Builtins;
using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>What names mean in one module: its package's rules, its imports, the builtins.</summary>
internal sealed class Names(TreeNode tree, IReadOnlyDictionary<string, Builtin> builtins)
{
    private readonly Dictionary<string, (bool IsInput, RegoValue[] Path)> _globals = [];

    public TreeNode Tree => tree;

    public void Add(string name, bool isInput, RegoValue[] path) => _globals[name] = (isInput, path);

    /// <summary>The document that a name stands for outside of any body; null if there is none.</summary>
    public RefTerm? Find(VarTerm name)
    {
        if (name.Name is "input" or "data")
            return new RefTerm(name.Place, new RootTerm(name.Place, name.Name == "input"), []);
        if (!_globals.TryGetValue(name.Name, out var global))
            return null;

        return new RefTerm(name.Place, new RootTerm(name.Place, global.IsInput), [.. global.Path.Select(key => new ScalarTerm(name.Place, key))]);
    }

    public Builtin? FindBuiltin(string name) => builtins.GetValueOrDefault(name);

    /// <summary>The builtin a term names by its dotted path.</summary>
    public Builtin? FindBuiltin(Term function) => DottedName(function) is { } name ? FindBuiltin(name) : null;

    public static string? DottedName(Term term)
    {
        if (term is VarTerm name)
            return name.Name;
        if (term is not RefTerm { Head: VarTerm head } path)
            return null;

        var dotted = head.Name;
        foreach (var operand in path.Path)
        {
            if (operand is not ScalarTerm { Value: RegoString text })
                return null;
            dotted += "." + text.Value;
        }

        return dotted;
    }

    public RuleGroup? FindFunction(RefTerm path) => FindRule(path) is { Kind: RuleKind.Function } function ? function : null;

    /// <summary>The rule that a reference names exactly.</summary>
    public RuleGroup? FindRule(RefTerm path) =>
        path.Head is RootTerm { IsInput: false } && path.Path.TrueForAll(operand => operand is ScalarTerm)
            ? tree.Find(path.Path.Select(operand => ((ScalarTerm)operand).Value))?.Group
            : null;
}
