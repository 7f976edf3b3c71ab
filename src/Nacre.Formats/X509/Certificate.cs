using System.Formats.Asn1;
using System.Numerics;

namespace Nacre.Formats.X509;

/// <summary>
/// An X.509 certificate read strictly as DER (RFC 5280, section 4.1): definite lengths, minimal integers, no extension twice, nothing after
/// it. The bytes are kept as received; signatures are checked over them and never over a re-encoding. Reading it proves nothing.
/// </summary>
public sealed class Certificate
{
    /// <summary>Far above any certificate of a TEE vendor (the largest has about 2 KiB).</summary>
    public const int MaxSize = 16 * 1024;

    private const string Structure = "x509.certificate";

    private Certificate(ReadOnlyMemory<byte> raw) => Raw = raw;

    /// <summary>The whole certificate, as received.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The part that is signed, as received.</summary>
    public ReadOnlyMemory<byte> ToBeSigned { get; private init; }

    public BigInteger SerialNumber { get; private init; }

    /// <summary>The issuer's name, as received; compared byte by byte.</summary>
    public required DistinguishedName Issuer { get; init; }

    public required DistinguishedName Subject { get; init; }
    public DateTimeOffset NotBefore { get; private init; }
    public DateTimeOffset NotAfter { get; private init; }
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; private init; }
    public required CertificateExtensions Extensions { get; init; }
    public required SignatureAlgorithm SignatureAlgorithm { get; init; }
    public ReadOnlyMemory<byte> Signature { get; private init; }

    public bool IsValidAt(DateTimeOffset at) => NotBefore <= at && at <= NotAfter;

    /// <exception cref="MalformedDataException">The bytes are no such certificate; the field says where.</exception>
    public static Certificate Parse(ReadOnlySpan<byte> der)
    {
        if (der.Length > MaxSize)
            throw new MalformedDataException(Structure, "(certificate)", 0, $"is {der.Length} bytes long, at most {MaxSize} are allowed");

        // A copy of its own: the caller may reuse the buffer, and the certificate outlives it.
        return DerStructure.Read(Structure, der.ToArray(), static (der, raw) => Read(der, raw));
    }

    private static Certificate Read(AsnReader der, ReadOnlyMemory<byte> raw)
    {
        var outer = der.ReadSequence();
        der.ThrowIfNotEmpty();
        var toBeSigned = outer.ReadEncodedValue();
        var algorithm = outer.ReadEncodedValue();
        var signature = DerStructure.BitString(outer, Structure, "signature");
        outer.ThrowIfNotEmpty();

        var body = new AsnReader(toBeSigned, AsnEncodingRules.DER).ReadSequence();
        var version = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        if (!version.TryReadInt32(out var number) || number != 2)
            throw new MalformedDataException(Structure, "version", 0, "must be 2 (X.509 version 3)");
        version.ThrowIfNotEmpty();

        var serial = body.ReadInteger();
        if (!body.ReadEncodedValue().Span.SequenceEqual(algorithm.Span))
            throw new MalformedDataException(Structure, "signatureAlgorithm", 0, "differs from the one that is signed");

        var issuer = DistinguishedName.Parse(body.ReadEncodedValue());
        var validity = body.ReadSequence();
        var (notBefore, notAfter) = (DerStructure.Time(validity), DerStructure.Time(validity));
        validity.ThrowIfNotEmpty();
        var subject = DistinguishedName.Parse(body.ReadEncodedValue());
        var key = body.ReadEncodedValue();

        var extensionsTag = new Asn1Tag(TagClass.ContextSpecific, 3);
        var extensions = CertificateExtensions.None;
        if (body.HasData && body.PeekTag().HasSameClassAndValue(extensionsTag))
        {
            var wrapped = body.ReadSequence(extensionsTag);
            extensions = CertificateExtensions.Read(wrapped.ReadSequence(), Structure);
            wrapped.ThrowIfNotEmpty();
        }

        body.ThrowIfNotEmpty();
        return new(raw)
        {
            ToBeSigned = toBeSigned,
            SerialNumber = serial,
            Issuer = issuer,
            Subject = subject,
            NotBefore = notBefore,
            NotAfter = notAfter,
            SubjectPublicKeyInfo = key,
            Extensions = extensions,
            SignatureAlgorithm = SignatureAlgorithm.Parse(algorithm),
            Signature = signature,
        };
    }
}
