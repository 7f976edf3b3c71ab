using System.Formats.Asn1;
using System.Security.Cryptography;
using Nacre.Formats.X509;

namespace Nacre.Formats.Cms;

/// <summary>
/// CMS SignedData with one signer whose certificate came along, or is known, and whose signature was good (RFC 5652, section 5; the certificate is bound
/// by signing-certificate-v2, RFC 5816).
/// </summary>
internal sealed record SignedMessage(ReadOnlyMemory<byte> Content, Certificate Signer, IReadOnlyList<Certificate> Certificates)
{
    private const string SignedDataOid = "1.2.840.113549.1.7.2";
    private const string ContentTypeOid = "1.2.840.113549.1.9.3";
    private const string MessageDigestOid = "1.2.840.113549.1.9.4";
    private const string SigningCertificateOid = "1.2.840.113549.1.9.16.2.47";
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const byte SetTag = 0x31;
    private const int MostCertificates = 16;
    private const int MostAttributes = 32;

    public static SignedMessage Read(AsnReader der, string contentType, IReadOnlyList<Certificate> known)
    {
        var outer = der.ReadSequence();
        der.ThrowIfNotEmpty();
        Require(outer.ReadObjectIdentifier() == SignedDataOid, "contentType", "must be signedData");
        var wrapped = outer.ReadSequence(Explicit(0));
        outer.ThrowIfNotEmpty();
        var signed = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();

        signed.ReadInteger();
        signed.ReadSetOf(skipSortOrderValidation: true);
        var content = ReadContent(signed.ReadSequence(), contentType);
        var certificates = ReadCertificates(signed);
        if (signed.HasData && signed.PeekTag().HasSameClassAndValue(Explicit(1)))
            signed.ReadEncodedValue();
        var signers = signed.ReadSetOf(skipSortOrderValidation: true);
        signed.ThrowIfNotEmpty();
        var signer = ReadSigner(signers.ReadSequence(), content, contentType, [.. certificates, .. known]);
        Require(!signers.HasData, "signerInfos", "must be one");
        return new(content, signer, certificates);
    }

    private static byte[] ReadContent(AsnReader der, string contentType)
    {
        Require(der.ReadObjectIdentifier() == contentType, "eContentType", $"must be {contentType}");
        var wrapped = der.ReadSequence(Explicit(0));
        der.ThrowIfNotEmpty();
        var content = wrapped.ReadOctetString();
        wrapped.ThrowIfNotEmpty();
        return content;
    }

    private static List<Certificate> ReadCertificates(AsnReader signed)
    {
        var certificates = new List<Certificate>();
        if (!signed.HasData || !signed.PeekTag().HasSameClassAndValue(Explicit(0)))
            return certificates;

        var set = signed.ReadSetOf(skipSortOrderValidation: true, Explicit(0));
        while (set.HasData)
        {
            Require(certificates.Count < MostCertificates, "certificates", $"are more than {MostCertificates}");
            certificates.Add(Certificate.Parse(set.ReadEncodedValue().Span));
        }

        return certificates;
    }

    private static Certificate ReadSigner(AsnReader der, byte[] content, string contentType, List<Certificate> certificates)
    {
        der.ReadInteger();
        Require(der.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence), "sid", "must be issuer and serial number");
        var id = der.ReadSequence();
        var (issuer, serial) = (id.ReadEncodedValue(), id.ReadInteger());
        id.ThrowIfNotEmpty();
        var signer = certificates.Find(one => one.SerialNumber == serial && one.Issuer.Raw.Span.SequenceEqual(issuer.Span))
            ?? throw TimestampToken.Malformed("certificates", "do not hold that of the signer");

        var hash = SignatureAlgorithm.ReadHash(der.ReadSequence());
        Require(der.PeekTag().HasSameClassAndValue(Explicit(0)), "signedAttrs", "are missing");
        var attributes = der.ReadEncodedValue();
        CheckAttributes(attributes, signer, content, contentType, hash);
        var algorithm = ReadAlgorithm(der.ReadEncodedValue(), hash);
        var signature = der.ReadOctetString();

        // What is signed is the set as such, not as the member that it is here (section 5.4).
        byte[] signed = [SetTag, .. attributes.Span[1..]];
        using var key = VerificationKey.Import(signer.SubjectPublicKeyInfo.Span);
        Require(key.Verify(algorithm, signed, signature), "signature", "is not by the signer's certificate");
        return signer;
    }

    private static void CheckAttributes(
        ReadOnlyMemory<byte> encoded, Certificate signer, byte[] content, string contentType, HashAlgorithmName hash)
    {
        var byType = new Dictionary<string, ReadOnlyMemory<byte>>();
        var set = new AsnReader(encoded, AsnEncodingRules.DER).ReadSetOf(Explicit(0));
        while (set.HasData)
        {
            var attribute = set.ReadSequence();
            var type = attribute.ReadObjectIdentifier();
            var values = attribute.ReadSetOf();
            var isNew = byType.Count < MostAttributes && byType.TryAdd(type, values.ReadEncodedValue());
            Require(isNew && !values.HasData, type, "occurs twice or has several values");
            attribute.ThrowIfNotEmpty();
        }

        Require(Value(ContentTypeOid).ReadObjectIdentifier() == contentType, "contentType", "is that of something else");
        var digest = Value(MessageDigestOid).ReadOctetString();
        Require(digest.AsSpan().SequenceEqual(CryptographicOperations.HashData(hash, content)), "messageDigest", "is not that of the content");
        var bound = Value(SigningCertificateOid).ReadSequence().ReadSequence().ReadSequence();
        var certificateHash = bound.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)
            ? SignatureAlgorithm.ReadHash(bound.ReadSequence())
            : HashAlgorithmName.SHA256;
        Require(
            bound.ReadOctetString().AsSpan().SequenceEqual(CryptographicOperations.HashData(certificateHash, signer.Raw.Span)),
            "signing-certificate-v2", "names another certificate");

        AsnReader Value(string type) => byType.TryGetValue(type, out var value)
            ? new AsnReader(value, AsnEncodingRules.DER)
            : throw TimestampToken.Malformed(type, "is missing among the signed attributes");
    }

    // Many say only that the key is RSA; the hash is then that of the attributes, with PKCS #1.
    private static SignatureAlgorithm ReadAlgorithm(ReadOnlyMemory<byte> encoded, HashAlgorithmName hash) =>
        new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier() == RsaOid
            ? new(SignatureScheme.RsaPkcs1, hash)
            : SignatureAlgorithm.Parse(encoded);

    private static Asn1Tag Explicit(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);

    private static void Require(bool holds, string field, string rule)
    {
        if (!holds)
            throw TimestampToken.Malformed(field, rule);
    }
}
