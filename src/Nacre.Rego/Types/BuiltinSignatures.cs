using System.Collections.Frozen;

namespace Nacre.Rego.Types;

/// <summary>Types of the language's builtins: <c>builtins.txt</c>, one a line, written as types are printed; read when first asked for.</summary>
internal static class BuiltinSignatures
{
    private static readonly FrozenDictionary<string, Lazy<FunctionType>> s_all = Read();

    /// <summary>Null if any arguments are taken.</summary>
    public static FunctionType? Find(string name) => s_all.TryGetValue(name, out var signature) ? signature.Value : null;

    private static FrozenDictionary<string, Lazy<FunctionType>> Read()
    {
        using var stream = typeof(BuiltinSignatures).Assembly.GetManifestResourceStream("builtins.txt")!;
        using var reader = new StreamReader(stream);
        var all = new Dictionary<string, Lazy<FunctionType>>();
        while (reader.ReadLine() is { } line)
            all.Add(line[..line.IndexOf('(', StringComparison.Ordinal)], new Lazy<FunctionType>(() => new SignatureReader(line).Read()));

        return all.ToFrozenDictionary();
    }
}
