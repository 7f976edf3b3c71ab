namespace Nacre.Storage.Upstream;

/// <summary>A value of upstream's key-value storage (trust.md 6).</summary>
/// <param name="Space">The namespace, such as <c>repository</c>.</param>
/// <param name="Key">Within it, with slashes.</param>
/// <param name="Value">In clear, as upstream keeps it.</param>
/// <param name="Place">The file it was read from, for messages.</param>
public sealed record UpstreamValue(string Space, string Key, byte[] Value, string Place);

/// <summary>The directories in which upstream keeps its values, by how they are written.</summary>
public static class UpstreamDirectories
{
    /// <summary>More is no directory of a key broker.</summary>
    internal const int MaxValues = 100_000;

    /// <summary>The forms that can be read.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["local-fs", "local-json"];

    /// <summary>Everything in a directory, in the order of namespaces and keys.</summary>
    /// <exception cref="StoreException">It is no such directory; the message says which file and why.</exception>
    public static IReadOnlyList<UpstreamValue> Read(string form, string directory)
    {
        if (!Directory.Exists(directory))
            throw new StoreException($"there is no directory '{directory}'");

        var values = (form switch
        {
            "local-fs" => LocalFsDirectory.Read(directory),
            "local-json" => LocalJsonDirectory.Read(directory),
            _ => throw new ArgumentException($"'{form}' is not one of {string.Join(", ", Forms)}", nameof(form)),
        }).Take(MaxValues + 1).OrderBy(value => value.Space, StringComparer.Ordinal).ThenBy(value => value.Key, StringComparer.Ordinal).ToList();
        if (values.Count > MaxValues)
            throw new StoreException($"'{directory}' has more than {MaxValues} values; is it the right one?");

        return values.GroupBy(value => (value.Space, value.Key)).FirstOrDefault(group => group.Skip(1).Any()) is { } twice
            ? throw new StoreException($"'{twice.First().Place}' and '{twice.Last().Place}' are both {twice.Key.Space} {twice.Key.Key}")
            : values;
    }
}
