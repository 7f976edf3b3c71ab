namespace Nacre.Rego.Evaluate;

/// <summary>What rules and functions gave so far, under one set of documents.</summary>
internal sealed class RuleCache(int groups)
{
    /// <summary>By number of the group; null: not asked yet.</summary>
    public RegoValue?[] Values { get; } = new RegoValue?[groups];

    public Dictionary<(int Group, RegoArray Arguments), RegoValue?>? Calls { get; set; }

    public void Clear()
    {
        Array.Clear(Values);
        Calls?.Clear();
    }
}
