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

    /// <summary>False, true, null, undefined and floating-point numbers.</summary>
    Simple,
}
