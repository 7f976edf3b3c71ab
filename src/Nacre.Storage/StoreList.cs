using Nacre.Storage.Memory;
using Nacre.Storage.Sqlite;

namespace Nacre.Storage;

/// <summary>The kinds of store by name. To add one: a folder, a line here, and a subclass of the contract tests.</summary>
public static class StoreList
{
    public static IReadOnlyList<string> Names { get; } = ["sqlite", "memory"];

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="location">For <c>sqlite</c> the file; ignored by <c>memory</c>.</param>
    /// <exception cref="StoreException">The name is not known, or the store cannot be opened.</exception>
    public static IKeyValueStore Open(string name, string location) => name switch
    {
        "sqlite" => SqliteStore.Open(location),
        "memory" => new MemoryStore(),
        _ => throw new StoreException($"'{name}' is no kind of store; use one of {string.Join(", ", Names)}"),
    };
}
