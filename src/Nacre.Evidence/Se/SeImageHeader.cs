using System.Buffers.Binary;
using Nacre.Formats;

namespace Nacre.Evidence.Se;

/// <summary>
/// The header of a Secure Execution image (evidence.md 12.2): the owner of the image has it, and its digests and tag are what a
/// measurement is made over.
/// </summary>
public sealed class SeImageHeader
{
    private const string Structure = "se.image_header";
    private const int Page = 4096;
    private const int MetadataOffset = 0xc000;
    private const int FirstPages = 0x15;
    private const int MaxSize = 128 * 1024;

    private SeImageHeader(SeImageTags tags, ulong flags) => (Tags, PlaintextFlags) = (tags, flags);

    public SeImageTags Tags { get; }

    /// <summary>Plaintext control flags, which say among others what may be done with a dump.</summary>
    public ulong PlaintextFlags { get; }

    /// <summary>A file with the header alone, or an image that holds it where <c>genprotimg</c> puts it.</summary>
    /// <exception cref="MalformedDataException">There is no header, or it is malformed.</exception>
    public static SeImageHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > MetadataOffset + 20 && file[MetadataOffset..].StartsWith("SeImgLnx"u8))
        {
            var offset = BinaryPrimitives.ReadUInt64BigEndian(file[(MetadataOffset + 8)..]);
            return offset < (ulong)file.Length && file[(int)offset..].StartsWith("IBMSecEx"u8)
                ? Parse(file[(int)offset..], isAll: false)
                : throw new MalformedDataException(Structure, "(metadata)", MetadataOffset, "does not lead to a header");
        }

        for (var page = 0; page < FirstPages && page * Page < file.Length; page++)
        {
            if (file[(page * Page)..].StartsWith("IBMSecEx"u8))
                return Parse(file[(page * Page)..], isAll: page == 0);
        }

        throw new MalformedDataException(Structure, "magic", 0, "is not at the beginning of any of the first pages");
    }

    private static SeImageHeader Parse(ReadOnlySpan<byte> bytes, bool isAll)
    {
        var r = new StructReader(Structure, bytes);
        r.Bytes(8, "magic");
        if (r.UInt32BE("version") is not 0x100)
            throw r.Malformed("must be 0x100");

        var size = r.UInt32BE("size");
        if (size > MaxSize || (isAll ? size != bytes.Length : size > bytes.Length))
            throw r.Malformed($"is {size} in a file with {bytes.Length} bytes");

        r.Bytes(12, "iv");
        r.Reserved(4, "reserved_1c");
        var slots = r.UInt64BE("number_of_keyslots");
        var encrypted = r.UInt64BE("encrypted_size");
        r.UInt64BE("number_of_pages");
        var flags = r.UInt64BE("plaintext_flags");
        r.Bytes(2 * SeAttestationRequest.CoordinateSize, "customer_key");
        var digests = r.Bytes(SeImageTags.Size - SeAttestationRequest.TagSize, "digests");
        if (slots > MaxSize || encrypted > MaxSize
            || (ulong)r.Offset + slots * SeAttestationRequest.KeyslotSize + encrypted + SeAttestationRequest.TagSize != size)
            throw r.Malformed("are followed by another number of keyslots and encrypted bytes than the sizes say");

        var tag = bytes.Slice((int)size - SeAttestationRequest.TagSize, SeAttestationRequest.TagSize);
        return new(SeImageTags.Parse((byte[])[.. digests, .. tag]), flags);
    }
}

/// <summary>
/// Digests of the pages, addresses and tweaks of an image (64 bytes each) and the tag of its header (16), as they
/// travel.
/// </summary>
public sealed class SeImageTags
{
    public const int Size = 3 * 64 + 16;

    private SeImageTags(ReadOnlyMemory<byte> raw) => Raw = raw;

    public ReadOnlyMemory<byte> Raw { get; }
    public ReadOnlyMemory<byte> PageListDigest => Raw[..64];
    public ReadOnlyMemory<byte> AddressListDigest => Raw[64..128];
    public ReadOnlyMemory<byte> TweakListDigest => Raw[128..192];
    public ReadOnlyMemory<byte> Tag => Raw[192..];

    /// <exception cref="MalformedDataException">It is not as long as it must be.</exception>
    public static SeImageTags Parse(ReadOnlyMemory<byte> raw) =>
        raw.Length == Size
            ? new(raw) : throw new MalformedDataException("se.image_tags", "(tags)", 0, $"must be {Size} bytes, are {raw.Length}");
}
