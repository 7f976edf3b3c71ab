using Nacre.Formats.Cbor;
using Nacre.Formats.Cose;
using Nacre.Formats.X509;

namespace Nacre.Formats.Corim;

/// <summary>
/// A signed manifest (draft-ietf-rats-corim, 4.2): COSE_Sign1 (tag 18) over the manifest, with who signs and until when in the protected
/// header. The tags 500 and 502 of older drafts may stand before it.
/// </summary>
public sealed class SignedCorim
{
    private const string Structure = "corim.signed";
    private static readonly string[] s_contentTypes = ["application/rim+cbor", "application/corim-unsigned+cbor"];

    private readonly CoseSign1 _message;

    private SignedCorim(CoseSign1 message, CorimValidity validity) => (_message, SignatureValidity) = (message, validity);

    /// <summary>When the signature may be used.</summary>
    public CorimValidity SignatureValidity { get; }

    /// <summary>Whether the bytes begin as a signed manifest does.</summary>
    public static bool IsSigned(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[OuterTags(bytes)..];
        return bytes.Length > 0 && bytes[0] == 0xd2;
    }

    /// <exception cref="MalformedDataException">It is no such message. The manifest in it is read by <see cref="Verify"/>, not before.</exception>
    public static SignedCorim Parse(ReadOnlyMemory<byte> bytes)
    {
        var skipped = OuterTags(bytes.Span);
        if (!IsSigned(bytes.Span))
            throw new MalformedDataException(Structure, "(tag)", skipped, "must be 18 (COSE_Sign1)");

        var message = CoseSign1.Parse(Structure, bytes[skipped..], CorimManifest.MaxBytes, skipped);
        var header = CborMap.Parse($"{Structure}.protected", message.ProtectedHeader, CorimMaps.MaxEntries);
        if (!s_contentTypes.Contains(header.RequireText("3", 64)))
            throw header.Malformed("3", $"must be {s_contentTypes[0]}");

        var meta = CorimMaps.Parse("corim.meta", (header.Bytes("8", CorimValue.MaxContent), 0), 1);
        return new(message, meta.Has(1) ? CorimValidity.Parse(CorimMaps.Parse("corim.meta.validity", meta.Raw("1"), 1)) : CorimValidity.Always);
    }

    /// <summary>The manifest, when the key signed it; null otherwise.</summary>
    /// <exception cref="MalformedDataException">The key signed something that is no manifest.</exception>
    public CorimManifest? Verify(VerificationKey key) =>
        _message.Verify(key) ? CorimManifest.Parse(_message.Payload, _message.PayloadOffset) : null;

    /// <summary>How many bytes the tags of older drafts take that stand before a manifest, signed or not.</summary>
    public static int OuterTags(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.StartsWith((ReadOnlySpan<byte>)[0xd9, 0x01, 0xf4]) ? 3 : 0;
        return bytes[length..].StartsWith((ReadOnlySpan<byte>)[0xd9, 0x01, 0xf6]) ? length + 3 : length;
    }
}
