using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>
/// One of the type choices of CoRIM (draft-ietf-rats-corim, 5.1): a CBOR item with at most one tag, which says what it means. Content that is
/// no text, bytes or integer stays as its encoding in <see cref="Bytes"/>.
/// </summary>
public sealed record CorimValue(ulong? Tag, CborType Type, ReadOnlyMemory<byte> Bytes, string? Text, long? Integer)
{
    public const ulong UuidTag = 37;
    public const ulong UeidTag = 550;
    public const ulong PemKeyTag = 554;
    public const ulong PemCertificateTag = 555;
    public const ulong BytesTag = 560;

    internal const int MaxContent = 64 * 1024;

    /// <summary>The content when the value has this tag and is a byte string; null otherwise.</summary>
    public ReadOnlyMemory<byte>? BytesOf(ulong tag) => Tag == tag && Type == CborType.ByteString ? Bytes : null;

    /// <summary>The content when the value has this tag and is a text; null otherwise.</summary>
    public string? TextOf(ulong tag) => Tag == tag ? Text : null;

    /// <summary>The form upstream names values by: a text as it is, a UUID in digits and dashes; null for anything else.</summary>
    public string? Name => (Tag, Type) switch
    {
        (null, CborType.TextString) => Text,
        (UuidTag, CborType.ByteString) when Bytes.Length == 16 => new Guid(Bytes.Span, bigEndian: true).ToString(),
        _ => null,
    };

    internal static CorimValue Read(ref CborReader reader, string field)
    {
        ulong? tag = reader.Peek(field) == CborType.Tag ? reader.Tag(field) : null;
        var type = reader.Peek(field);
        return type switch
        {
            CborType.ByteString => new(tag, type, reader.Bytes(field, MaxContent).ToArray(), null, null),
            CborType.TextString => new(tag, type, default, reader.Text(field, MaxContent), null),
            CborType.UnsignedInteger or CborType.NegativeInteger => new(tag, type, default, null, reader.Integer(field)),
            _ => new(tag, type, reader.Item(field).ToArray(), null, null),
        };
    }

    internal static CorimValue? Find(CborMap map, string label) => map.TryRead(label, out var reader) ? Read(ref reader, label) : null;
}
