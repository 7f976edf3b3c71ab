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
    private const string ChainLabel = "33";
    private const int MaxCertificates = 8;
    private static readonly string[] s_contentTypes = ["application/rim+cbor", "application/corim-unsigned+cbor"];

    // Content type, who signs, certificates: what is read of the header, and may be named as critical.
    private static readonly CoseProfile s_profile = new(
        [
            CoseAlgorithm.Es256, CoseAlgorithm.Es384, CoseAlgorithm.Es512, CoseAlgorithm.Ps256, CoseAlgorithm.Ps384, CoseAlgorithm.Ps512,
            CoseAlgorithm.EdDsa,
        ])
    {
        Understood = ["3", "8", ChainLabel],
        MaxHeader = 64 * 1024,
    };

    private readonly CoseSign1 _message;

    private SignedCorim(CoseSign1 message, CorimValidity validity, IReadOnlyList<Certificate> certificates) =>
        (_message, SignatureValidity, Certificates) = (message, validity, certificates);

    /// <summary>When the signature may be used.</summary>
    public CorimValidity SignatureValidity { get; }

    /// <summary>
    /// What the header has of the signer's certificates, his own first (<c>x5chain</c>, RFC 9360, section 2); they prove nothing by themselves.
    /// </summary>
    public IReadOnlyList<Certificate> Certificates { get; }

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

        var message = CoseSign1.Parse(Structure, bytes[skipped..], CorimManifest.MaxBytes, skipped, s_profile);
        var header = CborMap.Parse($"{Structure}.protected", message.ProtectedHeader, CorimMaps.MaxEntries);
        if (!s_contentTypes.Contains(header.RequireText("3", 64)))
            throw header.Malformed("3", $"must be {s_contentTypes[0]}");

        var meta = CorimMaps.Parse("corim.meta", (header.Bytes("8", CorimValue.MaxContent), 0), 1);
        var validity = meta.Has(1) ? CorimValidity.Parse(CorimMaps.Parse("corim.meta.validity", meta.Raw("1"), 1)) : CorimValidity.Always;

        // It may stand in either, never in both, which the message was refused for.
        var other = CborMap.Parse($"{Structure}.unprotected", message.UnprotectedHeader, CorimMaps.MaxEntries);
        return new(message, validity, ReadCertificates(header.Has(ChainLabel) ? header : other));
    }

    /// <summary>The manifest, when the message is found to be signed; null otherwise.</summary>
    /// <exception cref="MalformedDataException">What is signed is no manifest.</exception>
    public CorimManifest? Verify(Func<CoseSign1, bool> isSigned)
    {
        ArgumentNullException.ThrowIfNull(isSigned);
        return isSigned(_message) ? CorimManifest.Parse(_message.Payload, _message.PayloadOffset) : null;
    }

    /// <summary>How many bytes the tags of older drafts take that stand before a manifest, signed or not.</summary>
    public static int OuterTags(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.StartsWith((ReadOnlySpan<byte>)[0xd9, 0x01, 0xf4]) ? 3 : 0;
        return bytes[length..].StartsWith((ReadOnlySpan<byte>)[0xd9, 0x01, 0xf6]) ? length + 3 : length;
    }

    // One certificate as it is, or an array of them.
    private static Certificate[] ReadCertificates(CborMap header)
    {
        if (!header.Has(ChainLabel))
            return [];
        if (!header.TryRead(ChainLabel, out var reader))
            throw header.Malformed(ChainLabel, "is null");

        var certificates = new Certificate[reader.Peek(ChainLabel) == CborType.ByteString ? 1 : reader.Array(ChainLabel, MaxCertificates)];
        for (var i = 0; i < certificates.Length; i++)
            certificates[i] = Certificate.Parse(reader.Bytes(ChainLabel, Certificate.MaxSize));
        return certificates;
    }
}
