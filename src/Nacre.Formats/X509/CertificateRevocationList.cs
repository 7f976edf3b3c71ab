using System.Formats.Asn1;
using System.Numerics;

namespace Nacre.Formats.X509;

/// <summary>A certificate revocation list, read strictly as DER (RFC 5280, section 5). Reading it proves nothing.</summary>
public sealed class CertificateRevocationList
{
    public const int MaxSize = 4 * 1024 * 1024;

    private const string Structure = "x509.crl";
    private const int MaxEntries = 200_000;

    private readonly HashSet<BigInteger> _revoked;

    private CertificateRevocationList(ReadOnlyMemory<byte> raw, HashSet<BigInteger> revoked) => (Raw, _revoked) = (raw, revoked);

    public ReadOnlyMemory<byte> Raw { get; }
    public ReadOnlyMemory<byte> ToBeSigned { get; private init; }
    public required DistinguishedName Issuer { get; init; }
    public DateTimeOffset ThisUpdate { get; private init; }

    /// <summary>Must be there: a list that never ends cannot be fresh.</summary>
    public DateTimeOffset NextUpdate { get; private init; }

    public required CertificateExtensions Extensions { get; init; }
    public required SignatureAlgorithm SignatureAlgorithm { get; init; }
    public ReadOnlyMemory<byte> Signature { get; private init; }

    /// <summary>The number of the list (section 5.2.3); null when it has none.</summary>
    public BigInteger? Number { get; private init; }

    public int Count => _revoked.Count;

    public bool IsRevoked(Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return _revoked.Contains(certificate.SerialNumber);
    }

    public bool IsCurrentAt(DateTimeOffset at) => ThisUpdate <= at && at <= NextUpdate;

    /// <summary>Null when <paramref name="issuer"/> signed this list and may; else the reason, in words.</summary>
    public string? FindProblem(Certificate issuer)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        if (!Issuer.Equals(issuer.Subject))
            return $"its issuer is {Issuer}, not {issuer.Subject}";

        if (!issuer.Extensions.MaySignRevocationLists)
            return $"{issuer.Subject} may not sign revocation lists";

        // Authority key identifier and number are all that is understood; a list of another scope must not be taken for a whole one.
        foreach (var oid in Extensions.CriticalOids)
        {
            if (oid is not (CertificateExtensions.AuthorityKeyIdentifierOid or CertificateExtensions.CrlNumberOid))
                return $"it has the critical extension {oid}";
        }

        try
        {
            using var key = VerificationKey.Import(issuer.SubjectPublicKeyInfo.Span);
            return key.Verify(SignatureAlgorithm, ToBeSigned.Span, Signature.Span) ? null : $"its signature is not one by the key of {issuer.Subject}";
        }
        catch (MalformedDataException error)
        {
            return $"the key of {issuer.Subject} cannot be used: {error.Message}";
        }
    }

    /// <exception cref="MalformedDataException">The bytes are no such list.</exception>
    public static CertificateRevocationList Parse(ReadOnlySpan<byte> der)
    {
        if (der.Length > MaxSize)
            throw new MalformedDataException(Structure, "(list)", 0, $"is {der.Length} bytes long, at most {MaxSize} are allowed");

        return DerStructure.Read(Structure, der.ToArray(), static (der, raw) => Read(der, raw));
    }

    private static CertificateRevocationList Read(AsnReader der, ReadOnlyMemory<byte> raw)
    {
        var outer = der.ReadSequence();
        der.ThrowIfNotEmpty();
        var toBeSigned = outer.ReadEncodedValue();
        var algorithm = outer.ReadEncodedValue();
        var signature = DerStructure.BitString(outer, Structure, "signature");
        outer.ThrowIfNotEmpty();

        var body = new AsnReader(toBeSigned, AsnEncodingRules.DER).ReadSequence();
        if (!body.TryReadInt32(out var version) || version != 1)
            throw new MalformedDataException(Structure, "version", 0, "must be 1 (version 2)");

        if (!body.ReadEncodedValue().Span.SequenceEqual(algorithm.Span))
            throw new MalformedDataException(Structure, "signatureAlgorithm", 0, "differs from the one that is signed");

        var issuer = DistinguishedName.Parse(body.ReadEncodedValue());
        var (thisUpdate, nextUpdate) = (DerStructure.Time(body), DerStructure.Time(body));

        var revoked = new HashSet<BigInteger>();
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            ReadEntries(body.ReadSequence(), revoked);

        var extensions = CertificateExtensions.None;
        if (body.HasData)
        {
            var wrapped = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            extensions = CertificateExtensions.Read(wrapped.ReadSequence(), Structure);
            wrapped.ThrowIfNotEmpty();
        }

        body.ThrowIfNotEmpty();
        return new(raw, revoked)
        {
            ToBeSigned = toBeSigned,
            Issuer = issuer,
            ThisUpdate = thisUpdate,
            NextUpdate = nextUpdate,
            Extensions = extensions,
            SignatureAlgorithm = SignatureAlgorithm.Parse(algorithm),
            Signature = signature,
            Number = extensions.Find(CertificateExtensions.CrlNumberOid) is { } number
                ? new AsnReader(number, AsnEncodingRules.DER).ReadInteger() : (BigInteger?)null,
        };
    }

    private static void ReadEntries(AsnReader entries, HashSet<BigInteger> revoked)
    {
        while (entries.HasData)
        {
            if (revoked.Count == MaxEntries)
                throw new MalformedDataException(Structure, "revokedCertificates", 0, $"has more than {MaxEntries} entries");

            var entry = entries.ReadSequence();
            revoked.Add(entry.ReadInteger());
            DerStructure.Time(entry);

            // A reason of removeFromCRL occurs in delta lists only, and those are critical extensions: an entry means revoked.
            if (entry.HasData)
                entry.ReadSequence();
            entry.ThrowIfNotEmpty();
        }
    }
}
