using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary>Policies and data from files and folders, as <c>opa eval -d</c> reads them.</summary>
internal sealed record PolicyFiles(IReadOnlyList<RegoSource> Sources, RegoValue Data)
{
    private const long MaxFileBytes = 64 * 1024 * 1024;

    /// <exception cref="IOException">A path does not exist, a file is too large, or is data and neither JSON nor YAML.</exception>
    public static PolicyFiles Read(IEnumerable<string> paths, bool isV0)
    {
        var sources = new List<RegoSource>();
        var data = new PolicyData();
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

        return new PolicyFiles(sources, data.ToValue());

        void Add(string file, string folder)
        {
            if (new FileInfo(file).Length > MaxFileBytes)
                throw new IOException($"{file}: larger than {MaxFileBytes} bytes");
            switch (Path.GetExtension(file))
            {
                case ".rego":
                    sources.Add(new RegoSource(file, File.ReadAllText(file), isV0 ? RegoSyntax.V0 : RegoSyntax.V1));
                    break;
                case ".json":
                    data.Add(file, folder, Document(file, () => RegoValue.Parse(File.ReadAllText(file))));
                    break;
                case ".yaml" or ".yml":
                    data.Add(file, folder, Document(file, () => RegoValue.ParseYaml(File.ReadAllText(file))));
                    break;
            }
        }
    }

    /// <summary>The document at a path, or standard input for <c>-</c>; null if there is none.</summary>
    public static RegoValue? ReadInput(string? path)
    {
        if (path is null)
            return null;
        if (path != "-")
            return Document(path, () => RegoValue.Parse(File.ReadAllBytes(path)));

        using var bytes = new MemoryStream();
        using var standard = Console.OpenStandardInput();
        standard.CopyTo(bytes);
        return Document("standard input", () => RegoValue.Parse(bytes.ToArray()));
    }

    private static RegoValue Document(string file, Func<RegoValue> read)
    {
        try
        {
            return read();
        }
        catch (RegoException e)
        {
            throw new IOException($"{file}: {e.Errors[0].Message}", e);
        }
    }
}
