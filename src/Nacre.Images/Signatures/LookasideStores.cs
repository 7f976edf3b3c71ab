using Nacre.Images.Policy;
using Nacre.Images.References;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nacre.Images.Signatures;

/// <summary>
/// Which store holds the signatures of which images (containers-registries.d(5)): by the narrowest namespace under <c>docker</c> that names
/// one, else by <c>default-docker</c>. Unknown members and a namespace in two files are refused.
/// </summary>
public sealed class LookasideStores
{
    private const int LargestFile = 1 << 20;
    private const int MostFiles = 256;
    private readonly Dictionary<string, (Uri? Read, Uri? Write)> _byNamespace = [];
    private (Uri? Read, Uri? Write)? _default;

    private LookasideStores()
    {
    }

    public static LookasideStores None { get; } = new();

    /// <summary>All of these images in one store: a directory, or an https address.</summary>
    public static LookasideStores Single(string place) => new() { _default = (Address(place, "--lookaside"), null) };

    /// <summary>All <c>*.yaml</c> files of a directory.</summary>
    public static LookasideStores ReadDirectory(string directory)
    {
        var files = Directory.EnumerateFiles(directory, "*.yaml").Order(StringComparer.Ordinal).Take(MostFiles + 1).ToList();
        if (files.Count > MostFiles)
            throw Invalid($"it has more than {MostFiles} files", directory);
        return Parse(files.Select(file => new FileInfo(file).Length <= LargestFile
            ? (file, File.ReadAllText(file))
            : throw Invalid($"it has more than {LargestFile} bytes", file)));
    }

    public static LookasideStores Parse(IEnumerable<(string Where, string Yaml)> files)
    {
        var stores = new LookasideStores();
        foreach (var (where, yaml) in files)
            stores.Add(Load(yaml, where), where);
        return stores;
    }

    /// <summary>Null when there is none for this image.</summary>
    public Uri? Find(ImageReference image, bool forWriting = false)
    {
        foreach (var scope in ImageScopes.Docker(image))
        {
            if (_byNamespace.TryGetValue(scope, out var found) && Choose(found, forWriting) is { } place)
                return place;
        }

        return _default is { } general ? Choose(general, forWriting) : null;
    }

    private static Uri? Choose((Uri? Read, Uri? Write) store, bool forWriting) => forWriting ? store.Write ?? store.Read : store.Read;

    private void Add(YamlMappingNode root, string where)
    {
        foreach (var (name, node) in root.Children)
        {
            switch ((name as YamlScalarNode)?.Value)
            {
                case "default-docker" when _default is null:
                    _default = ReadStore(node, where);
                    break;
                case "docker" when node is YamlMappingNode namespaces:
                    foreach (var (key, value) in namespaces.Children)
                    {
                        if (key is not YamlScalarNode { Value: { } text } || !_byNamespace.TryAdd(text, ReadStore(value, where)))
                            throw Invalid($"the namespace '{key}' is there twice", where);
                    }

                    break;
                default:
                    throw Invalid($"'{name}' is not known, there twice, or no mapping", where);
            }
        }
    }

    private static (Uri? Read, Uri? Write) ReadStore(YamlNode node, string where)
    {
        var fields = new Dictionary<string, string>();
        foreach (var (name, value) in (node as YamlMappingNode ?? throw Invalid("a store must be a mapping", where)).Children)
        {
            if (name is not YamlScalarNode { Value: "lookaside" or "lookaside-staging" or "sigstore" or "sigstore-staging" or "use-sigstore-attachments" } known
                || value is not YamlScalarNode { Value: { } text })
                throw Invalid($"the member '{name}' is not known", where);
            fields.Add(known.Value, text);
        }

        return (Read("lookaside", "sigstore"), Read("lookaside-staging", "sigstore-staging"));

        // The second is the older name of the first.
        Uri? Read(string newer, string older) => (fields.GetValueOrDefault(newer) ?? fields.GetValueOrDefault(older)) is { } text ? Address(text, where) : null;
    }

    private static Uri Address(string text, string where)
    {
        if (Path.IsPathFullyQualified(text))
            text = "file://" + text;
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "file" or "https", Query: "", Fragment: "" }
            ? address
            : throw Invalid($"'{text}' must be a file:// or https:// address", where);
    }

    private static YamlMappingNode Load(string yaml, string where)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count == 0 ? [] : stream.Documents[0].RootNode as YamlMappingNode ?? throw Invalid("it must be a mapping", where);
        }
        catch (YamlException e)
        {
            throw Invalid($"it is no valid YAML: {e.Message}", where);
        }
    }

    private static ImageException Invalid(string what, string where) =>
        new(ImageFault.PolicyInvalid, $"the configuration of signature stores is not valid: {what}", where, "correct it by containers-registries.d(5)");
}
