namespace Nacre.Rego.Evaluate;

/// <summary>A node of the tree of packages and rules below <c>data</c>. Never changed once a program is compiled.</summary>
internal sealed class TreeNode(RegoValue[] path)
{
    /// <summary>From the root, without <c>data</c>.</summary>
    public RegoValue[] Path { get; } = path;

    public Dictionary<RegoValue, TreeNode> Children { get; } = [];

    /// <summary>The rules that make the document here; then nothing below is looked at.</summary>
    public RuleGroup? Group { get; set; }

    public bool IsPackage { get; set; }

    public TreeNode Child(RegoValue key)
    {
        if (!Children.TryGetValue(key, out var child))
            Children.Add(key, child = new TreeNode([.. Path, key]));

        return child;
    }

    public TreeNode At(IEnumerable<RegoValue> path) => path.Aggregate(this, (node, key) => node.Child(key));

    public TreeNode? Find(IEnumerable<RegoValue> path)
    {
        var node = this;
        foreach (var key in path)
            if (!node.Children.TryGetValue(key, out node!))
                return null;

        return node;
    }
}
