using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary>The base document <c>data</c>, put together from files: one below a folder is data below that name.</summary>
internal sealed class PolicyData
{
    private readonly Dictionary<string, object> _root = [];

    /// <exception cref="IOException">The document is no object, or two files give different values to one path.</exception>
    public void Add(string file, string folder, RegoValue document)
    {
        var node = _root;
        foreach (var name in folder.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
            node = Below(node, name, file);
        if (document is not RegoObject members)
            throw new IOException($"{file}: data must be an object");

        Merge(node, members, file);
    }

    public RegoObject ToValue() => ToValue(_root);

    private static void Merge(Dictionary<string, object> node, RegoObject members, string file)
    {
        foreach (var (key, value) in members.Keys.Zip(members.Values))
        {
            var name = ((RegoString)key).Value;
            if (value is RegoObject inner)
                Merge(Below(node, name, file), inner, file);
            else if (!node.TryAdd(name, value))
                throw new IOException($"{file}: another file gives data at `{name}` already");
        }
    }

    private static Dictionary<string, object> Below(Dictionary<string, object> node, string name, string file)
    {
        if (!node.TryGetValue(name, out var child))
            node.Add(name, child = new Dictionary<string, object>());

        return child as Dictionary<string, object> ?? throw new IOException($"{file}: another file gives data at `{name}` already");
    }

    private static RegoObject ToValue(Dictionary<string, object> node) =>
        RegoObject.From(node.Select(member => KeyValuePair.Create(
            member.Key, member.Value as RegoValue ?? ToValue((Dictionary<string, object>)member.Value))));
}
