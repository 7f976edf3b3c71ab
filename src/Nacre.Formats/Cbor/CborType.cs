namespace Nacre.Formats.Cbor;

/// <summary>The major types (RFC 8949, section 3.1).</summary>
public enum CborType
{
    UnsignedInteger,
    NegativeInteger,
    ByteString,
    TextString,
    Array,
    Map,
    Tag,

    /// <summary>False, true, null and undefined. Floating-point numbers share this type and are refused.</summary>
    Simple,
}
