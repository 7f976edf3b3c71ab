using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>
/// A concise reference integrity manifest (draft-ietf-rats-corim, section 4), without its signature: tag 501. Reading it proves nothing;
/// see <see cref="SignedCorim"/>.
/// </summary>
public sealed class CorimManifest
{
    public const int MaxBytes = 4 * 1024 * 1024;

    private const string Structure = "corim";
    private const ulong UnsignedTag = 501;
    private const ulong ComidTag = 506;
    private const int HighestLabel = 5;
    private const int MaxTags = 256;
    private const int MaxText = 1024;

    private CorimManifest(CorimValue id, string? profile, CorimValidity validity, List<Comid> comids, List<ulong> unread) =>
        (Id, Profile, Validity, Comids, UnreadTags) = (id, profile, validity, comids, unread);

    /// <summary>A text, or the bytes of a UUID.</summary>
    public CorimValue Id { get; }

    /// <summary>The URI that says how the manifest is to be understood; an object identifier is refused.</summary>
    public string? Profile { get; }

    /// <summary>When it may be used.</summary>
    public CorimValidity Validity { get; }

    public IReadOnlyList<Comid> Comids { get; }

    /// <summary>The tags of the other documents that are in it, such as 505 (CoSWID): what they say is not known here.</summary>
    public IReadOnlyList<ulong> UnreadTags { get; }

    /// <param name="bytes">One manifest under tag 501 and nothing after it.</param>
    /// <param name="baseOffset">Where the bytes begin in the whole, for messages.</param>
    /// <exception cref="MalformedDataException">It is no such manifest.</exception>
    public static CorimManifest Parse(ReadOnlyMemory<byte> bytes, int baseOffset = 0)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedDataException(Structure, "(manifest)", baseOffset, $"is {bytes.Length} bytes long, at most {MaxBytes} are allowed");

        var reader = new CborReader(Structure, bytes.Span, baseOffset);
        if (reader.Tag("(tag)") is not UnsignedTag and var tag)
            throw reader.Malformed("(tag)", $"is {tag}, must be {UnsignedTag} (unsigned CoRIM)");

        var map = CorimMaps.Next(Structure, bytes, baseOffset, ref reader, "(manifest)", HighestLabel);
        reader.End();
        var (comids, unread) = ReadTags(map);
        return new(
            CorimValue.Find(map, "0") ?? throw map.Malformed("0", "is missing"), ReadProfile(map),
            map.Has(4) ? CorimValidity.Parse(CorimMaps.Parse("corim.validity", map.Raw("4"), 1)) : CorimValidity.Always, comids, unread);
    }

    private static (List<Comid> Comids, List<ulong> Unread) ReadTags(CborMap map)
    {
        var (bytes, offset) = map.Raw("1");
        var reader = new CborReader("corim.tags", bytes.Span, offset);
        var (comids, unread) = (new List<Comid>(), new List<ulong>());
        for (var n = reader.Array("tags", MaxTags); n > 0; n--)
        {
            var tag = reader.Tag("tag");
            var length = reader.Bytes("tag", MaxBytes).Length;
            var start = reader.Offset - length;
            if (tag == ComidTag)
                comids.Add(Comid.Parse(bytes.Slice(start, length), offset + start));
            else
                unread.Add(tag);
        }

        return comids.Count + unread.Count > 0 ? (comids, unread) : throw reader.Malformed("tags", "is empty");
    }

    // A URI, with or without its tag; older drafts have an array of them.
    private static string? ReadProfile(CborMap map)
    {
        if (!map.TryRead("3", out var reader))
            return null;

        if (reader.Peek("3") == CborType.Array && reader.Array("3", 1) != 1)
            throw reader.Malformed("3", "must be one profile");
        if (reader.Peek("3") == CborType.Tag && reader.Tag("3") is not 32 and var tag)
            throw reader.Malformed("3", $"has tag {tag}, must be a URI (tag 32)");
        return reader.Text("3", MaxText);
    }
}
