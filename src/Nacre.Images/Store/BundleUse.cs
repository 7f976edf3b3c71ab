using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Store;

/// <summary>
/// The tie between a bundle and the layers it is mounted from: <c>layers.json</c> in the bundle, and a note of the same id in the store that
/// says where the bundle is. A note whose bundle has gone counts no more.
/// </summary>
internal sealed record BundleUse(string Id, string Store, IReadOnlyList<string> TopFirst)
{
    public const string FileName = "layers.json";
    private const int Version = 1;

    public static BundleUse Read(string bundle)
    {
        var path = Path.Combine(bundle, FileName);
        if (!File.Exists(path))
            throw new ImageException(ImageFault.NotFound, "it is no overlay bundle", bundle, "name a bundle that was pulled with --bundle-kind overlay");

        var root = OciJson.Parse(File.ReadAllBytes(path), path);
        if (OciJson.Number(root, "version", path) != Version)
            throw OciJson.Malformed($"a bundle of another version than {Version}", path);
        var layers = OciJson.Texts(root, "layers", ImageManifest.MostLayers, path);
        var use = new BundleUse(OciJson.Text(root, "id", path), OciJson.Text(root, "store", path), layers);
        return IsName(use.Id) && use.TopFirst.All(IsName) ? use : throw OciJson.Malformed("names must be lower case hex", path);
    }

    public void Write(string bundle) => File.WriteAllBytes(Path.Combine(bundle, FileName), OciJson.Utf8(new()
    {
        ["version"] = Version,
        ["id"] = Id,
        ["store"] = Store,
        ["layers"] = Texts(TopFirst),
    }));

    /// <summary>Notes in the store that the bundle at this place uses these layers.</summary>
    public void Note(LayerStore store, string bundle)
    {
        var path = Path.Combine(store.Uses, Id);
        File.WriteAllBytes(path + ".new", OciJson.Utf8(new() { ["bundle"] = bundle, ["layers"] = Texts(TopFirst) }));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>The bundle and layers of a note; null when there is no such bundle any more.</summary>
    public static (string Bundle, IReadOnlyList<string> Layers)? Find(string note)
    {
        try
        {
            var root = OciJson.Parse(File.ReadAllBytes(note), note);
            var bundle = OciJson.Text(root, "bundle", note);
            return Read(bundle).Id == Path.GetFileName(note) ? (bundle, OciJson.Texts(root, "layers", ImageManifest.MostLayers, note)) : null;
        }
        catch (ImageException e) when (e.Fault is ImageFault.NotFound or ImageFault.Malformed)
        {
            return null;
        }
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 64 && text.All(char.IsAsciiHexDigitLower);

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);
}
