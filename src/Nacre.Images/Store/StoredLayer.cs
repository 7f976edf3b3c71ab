using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Store;

/// <summary>One layer of a store, as <c>entry.json</c> beside its tree says it.</summary>
internal sealed record StoredLayer
{
    private const int Version = 1;
    private const int MostNotes = 100;

    /// <summary>Of the directory in the store (<see cref="LayerNames"/>).</summary>
    public required string Name { get; init; }

    public required Digest DiffId { get; init; }

    /// <summary>Of the blob that it was unpacked from.</summary>
    public required Digest Blob { get; init; }

    public required bool Encrypted { get; init; }

    /// <summary>Of the tree, see <see cref="TreeDigest"/>.</summary>
    public required Digest Tree { get; init; }

    /// <summary>Entries and bytes of the archive, which count against a pull's limits.</summary>
    public required int Entries { get; init; }
    public required long Bytes { get; init; }

    /// <summary>It hides everything below it.</summary>
    public required bool HidesAll { get; init; }

    /// <summary>It states its root directory, which is then the image's.</summary>
    public required bool HasRoot { get; init; }

    /// <summary>What was left out.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public byte[] ToJson() => OciJson.Utf8(new JsonObject
    {
        ["version"] = Version,
        ["name"] = Name,
        ["diffId"] = DiffId.ToString(),
        ["blob"] = Blob.ToString(),
        ["encrypted"] = Encrypted,
        ["tree"] = Tree.ToString(),
        ["entries"] = Entries,
        ["bytes"] = Bytes,
        ["hidesAll"] = HidesAll,
        ["hasRoot"] = HasRoot,
        ["notes"] = new JsonArray([.. Notes.Select(note => (JsonNode)JsonValue.Create(note))]),
    });

    public static StoredLayer Parse(ReadOnlySpan<byte> json, string where)
    {
        var root = OciJson.Parse(json, where);
        if (OciJson.Number(root, "version", where) != Version)
            throw OciJson.Malformed($"a layer of another version than {Version}", where);

        return new()
        {
            Name = OciJson.Text(root, "name", where),
            DiffId = OciJson.Digest(root, "diffId", where),
            Blob = OciJson.Digest(root, "blob", where),
            Encrypted = Flag(root, "encrypted", where),
            Tree = OciJson.Digest(root, "tree", where),
            Entries = checked((int)OciJson.Number(root, "entries", where)),
            Bytes = OciJson.Number(root, "bytes", where),
            HidesAll = Flag(root, "hidesAll", where),
            HasRoot = Flag(root, "hasRoot", where),
            Notes = OciJson.Texts(root, "notes", MostNotes, where),
        };
    }

    private static bool Flag(JsonObject owner, string member, string where) =>
        owner[member] is JsonValue value && value.TryGetValue<bool>(out var flag)
            ? flag
            : throw OciJson.Malformed($"'{member}' must be true or false", where);
}
