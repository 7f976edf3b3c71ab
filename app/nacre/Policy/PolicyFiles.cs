using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary>Policies and data from files and folders, as <c>opa eval -d</c> reads them.</summary>
internal sealed record PolicyFiles(IReadOnlyList<RegoSource> Sources, RegoValue Data)
{
    private const long MaxFileBytes = 64 * 1024 * 1024;

    /// <exception cref="IOException">A path does not exist, or a file is too large.</exception>
    /// <exception cref="RegoException">A data file is not JSON.</exception>
    public static PolicyFiles Read(IEnumerable<string> paths, bool isV0)
    {
        var sources = new List<RegoSource>();
        var data = new Dictionary<string, RegoValue>();
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
                foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                    Add(file, Path.GetDirectoryName(Path.GetRelativePath(path, file)) ?? "");
            else if (File.Exists(path))
                Add(path, "");
            else
                throw new FileNotFoundException($"{path}: no such file or folder");
        }

        return new PolicyFiles(sources, RegoObject.From(data));

        void Add(string file, string folder)
        {
            if (new FileInfo(file).Length > MaxFileBytes)
                throw new IOException($"{file}: larger than {MaxFileBytes} bytes");
            if (file.EndsWith(".rego", StringComparison.Ordinal))
                sources.Add(new RegoSource(file, File.ReadAllText(file), isV0 ? RegoSyntax.V0 : RegoSyntax.V1));
            else if (file.EndsWith(".json", StringComparison.Ordinal))
                Merge(data, folder.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries), RegoValue.Parse(File.ReadAllBytes(file)), file);
        }
    }

    /// <summary>The document at a path, or standard input for <c>-</c>; null if there is none.</summary>
    public static RegoValue? ReadInput(string? path)
    {
        if (path is null)
            return null;
        if (path != "-")
            return RegoValue.Parse(File.ReadAllBytes(path));

        using var bytes = new MemoryStream();
        using var standard = Console.OpenStandardInput();
        standard.CopyTo(bytes);
        return RegoValue.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    // A file below a folder is data below that name.
    private static void Merge(Dictionary<string, RegoValue> data, string[] folder, RegoValue document, string file)
    {
        for (var i = folder.Length - 1; i >= 0; i--)
            document = RegoObject.From(new Dictionary<string, RegoValue> { [folder[i]] = document });
        if (document is not RegoObject members)
            throw new IOException($"{file}: data must be an object");

        foreach (var (key, value) in members.Keys.Zip(members.Values))
        {
            var name = ((RegoString)key).Value;
            data[name] = data.TryGetValue(name, out var other) && other is RegoObject left && value is RegoObject right
                ? RegoObject.From(left.Keys.Zip(left.Values, KeyValuePair.Create).Concat(right.Keys.Zip(right.Values, KeyValuePair.Create)))
                : value;
        }
    }
}
