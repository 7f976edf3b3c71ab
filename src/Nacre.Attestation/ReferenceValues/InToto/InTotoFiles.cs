using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// The metadata of a supply chain by path, as it lies on disk: links beside their layout; a layout within is the <c>STEP.KEYID8.link</c> of
/// its step, and its own links are in the folder <c>STEP.KEYID8/</c> beside it. What lies elsewhere is not looked at.
/// </summary>
internal sealed class InTotoFiles
{
    public const int MaxFiles = 1000;
    private const int MaxPath = 1024;
    private const int ShortKeyId = 8;
    private const string LinkEnding = ".link";

    private readonly Dictionary<string, InTotoMetadata> _documents;
    private readonly ILookup<(string Folder, string Step), InTotoSignedLink> _links;

    private InTotoFiles(Dictionary<string, InTotoMetadata> documents)
    {
        _documents = documents;
        _links = documents.Where(file => file.Value.Type == "link")
            .Select(file => (Folder: FolderOf(file.Key), One: new InTotoSignedLink(file.Value, InTotoLink.Parse(file.Value.Signed))))
            .ToLookup(link => (link.Folder, link.One.Link.Name), link => link.One);
    }

    /// <exception cref="MalformedDataException">A document breaks a rule, or there are too many.</exception>
    public static InTotoFiles Parse(IReadOnlyDictionary<string, byte[]> files)
    {
        if (files.Count > MaxFiles)
            throw Malformed("(files)", $"are {files.Count}, at most {MaxFiles} are allowed");
        if (files.Keys.FirstOrDefault(path => path.Length > MaxPath) is { } endless)
            throw Malformed("(files)", $"have the path '{endless[..64]}…', longer than {MaxPath} characters");

        return new(files.ToDictionary(file => file.Key, file => InTotoMetadata.Parse(file.Value), StringComparer.Ordinal));
    }

    /// <summary>The layout of the whole, and the folder that it is in.</summary>
    /// <exception cref="MalformedDataException">There is not exactly one.</exception>
    public (InTotoMetadata Layout, string Folder) Root()
    {
        var layouts = _documents
            .Where(file => file.Value.Type == "layout" && !file.Key.EndsWith(LinkEnding, StringComparison.Ordinal)).ToList();
        return layouts is [var (path, layout)] ? (layout, FolderOf(path)) : throw Malformed(
            "(layout)", $"must be there once, is {layouts.Count} times; layouts within layouts are called STEP.KEYID8{LinkEnding}");
    }

    public IEnumerable<InTotoSignedLink> Links(string folder, string step) => _links[(folder, step)];

    /// <summary>The layouts that a functionary gave in place of a link, each with the folder of its own links.</summary>
    /// <param name="folder">Of the layout that has the step.</param>
    /// <param name="step">Its name.</param>
    /// <param name="keyIds">Of the functionary's key.</param>
    public IEnumerable<(InTotoMetadata Layout, string Folder)> Layouts(string folder, string step, IEnumerable<string> keyIds)
    {
        foreach (var id in keyIds.Select(id => id[..Math.Min(id.Length, ShortKeyId)]).Distinct())
        {
            var stem = $"{folder}{step}.{id}";
            if (_documents.TryGetValue(stem + LinkEnding, out var found) && found.Type == "layout")
                yield return (found, stem + "/");
        }
    }

    private static MalformedDataException Malformed(string field, string rule) => new("in-toto.layout", field, 0, rule);

    private static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];
}

/// <summary>A link, before it is known who signed it.</summary>
internal sealed record InTotoSignedLink(InTotoMetadata Document, InTotoLink Link);
