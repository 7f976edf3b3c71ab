using System.Formats.Asn1;
using System.Security.Cryptography;
using Nacre.Formats.X509;

namespace Nacre.Formats.Cms;

/// <summary>
/// A time stamp token (RFC 3161, section 2.4.2): CMS SignedData over a TSTInfo, in DER, with one signer whose certificate came along
/// or is known. When it was read, the signature was good and by that certificate; whether it is to be trusted is the caller's to check.
/// </summary>
public sealed record TimestampToken
{
    /// <summary>Far above any token; the chain is most of it.</summary>
    public const int MaxSize = 64 * 1024;

    internal const string Structure = "cms.timestamp";
    private const string InfoOid = "1.2.840.113549.1.9.16.1.4";

    // BTSP of ETSI EN 319 421: a second, where the token says nothing (RFC 3628, section 5.2, has the same number).
    private const string BaselinePolicyOid = "0.4.0.2023.1.1";
    private const int MaxAccuracySeconds = 86_400;

    private TimestampToken()
    {
    }

    public DateTimeOffset Time { get; private init; }

    /// <summary>The true time is within this of <see cref="Time"/>.</summary>
    public TimeSpan Accuracy { get; private init; }

    public required Certificate Signer { get; init; }

    /// <summary>All that came along, the signer among them.</summary>
    public required IReadOnlyList<Certificate> Certificates { get; init; }

    private HashAlgorithmName Hash { get; init; }

    private ReadOnlyMemory<byte> HashedMessage { get; init; }

    /// <summary>Whether it is one over this message.</summary>
    public bool Stamps(ReadOnlySpan<byte> message) => CryptographicOperations.HashData(Hash, message).AsSpan().SequenceEqual(HashedMessage.Span);

    /// <param name="der">The token.</param>
    /// <param name="known">Where the signer's certificate may be as well.</param>
    /// <exception cref="MalformedDataException">It is no such token, or its signature is not good.</exception>
    public static TimestampToken Parse(ReadOnlyMemory<byte> der, IReadOnlyList<Certificate>? known = null) =>
        Read(der, reader => ReadToken(reader, known ?? []));

    /// <summary>From what an authority answers (section 2.4.2, TimeStampResp).</summary>
    /// <param name="der">The answer.</param>
    /// <param name="known">Where the signer's certificate may be as well.</param>
    /// <exception cref="MalformedDataException">It grants none, or as of <see cref="Parse"/>.</exception>
    public static TimestampToken ParseResponse(ReadOnlyMemory<byte> der, IReadOnlyList<Certificate> known) => Read(der, reader =>
    {
        var response = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        if (!response.ReadSequence().TryReadInt32(out var status) || status != 0)
            throw Malformed("status", "must be granted");
        return ReadToken(response, known);
    });

    private static TimestampToken Read(ReadOnlyMemory<byte> der, Func<AsnReader, TimestampToken> read) => der.Length <= MaxSize
        ? DerStructure.Read(Structure, der, (reader, _) => read(reader))
        : throw Malformed("(token)", $"is {der.Length} bytes long, at most {MaxSize} are allowed");

    private static TimestampToken ReadToken(AsnReader reader, IReadOnlyList<Certificate> known)
    {
        var message = SignedMessage.Read(reader, InfoOid, known);
        return ReadInfo(new AsnReader(message.Content, AsnEncodingRules.DER), message);
    }

    internal static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);

    private static TimestampToken ReadInfo(AsnReader der, SignedMessage message)
    {
        var info = der.ReadSequence();
        der.ThrowIfNotEmpty();
        if (!info.TryReadInt32(out var version) || version != 1)
            throw Malformed("version", "must be 1");
        var policy = info.ReadObjectIdentifier();
        var imprint = info.ReadSequence();
        var hash = SignatureAlgorithm.ReadHash(imprint.ReadSequence());
        var hashed = imprint.ReadOctetString();
        imprint.ThrowIfNotEmpty();
        info.ReadInteger();
        var time = info.ReadGeneralizedTime();
        var accuracy = info.HasData && info.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)
            ? ReadAccuracy(info.ReadSequence())
            : policy == BaselinePolicyOid ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;

        // Ordering, nonce and the authority's name change nothing here; extensions might.
        var extensions = new Asn1Tag(TagClass.ContextSpecific, 1);
        while (info.HasData)
        {
            if (info.PeekTag().HasSameClassAndValue(extensions))
                throw Malformed("extensions", "are there, and none is understood");
            info.ReadEncodedValue();
        }

        return new()
        {
            Time = time,
            Accuracy = accuracy,
            Signer = message.Signer,
            Certificates = message.Certificates,
            Hash = hash,
            HashedMessage = hashed,
        };
    }

    private static TimeSpan ReadAccuracy(AsnReader der)
    {
        var seconds = der.HasData && der.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) ? Number(der, Asn1Tag.Integer, MaxAccuracySeconds) : 0;
        var (millis, micros) = (Fraction(der, 0), Fraction(der, 1));
        der.ThrowIfNotEmpty();
        return TimeSpan.FromSeconds(seconds) + TimeSpan.FromMilliseconds(millis) + TimeSpan.FromMicroseconds(micros);
    }

    private static int Fraction(AsnReader der, int number)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number);
        return der.HasData && der.PeekTag().HasSameClassAndValue(tag) ? Number(der, tag, 999) : 0;
    }

    private static int Number(AsnReader der, Asn1Tag tag, int most) =>
        der.TryReadInt32(out var value, tag) && value >= 0 && value <= most ? value : throw Malformed("accuracy", "is out of range");
}
