using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Nacre.Formats.X509;

public enum SignatureScheme
{
    Ecdsa,
    RsaPkcs1,

    /// <summary>With MGF1 over the same hash and a salt as long as the hash: the only form that occurs.</summary>
    RsaPss,
}

/// <summary>How a certificate is signed. SHA-1 and MD5 are not among the ways.</summary>
public sealed record SignatureAlgorithm(SignatureScheme Scheme, HashAlgorithmName Hash)
{
    private const string Structure = "x509.signatureAlgorithm";
    private const string Pss = "1.2.840.113549.1.1.10";
    private const string Mgf1 = "1.2.840.113549.1.1.8";

    internal static SignatureAlgorithm Parse(ReadOnlyMemory<byte> der)
    {
        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var oid = sequence.ReadObjectIdentifier();
        if (oid == Pss)
            return ReadPss(sequence);

        var (scheme, hash) = oid switch
        {
            "1.2.840.10045.4.3.2" => (SignatureScheme.Ecdsa, HashAlgorithmName.SHA256),
            "1.2.840.10045.4.3.3" => (SignatureScheme.Ecdsa, HashAlgorithmName.SHA384),
            "1.2.840.10045.4.3.4" => (SignatureScheme.Ecdsa, HashAlgorithmName.SHA512),
            "1.2.840.113549.1.1.11" => (SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA256),
            "1.2.840.113549.1.1.12" => (SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA384),
            "1.2.840.113549.1.1.13" => (SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA512),
            _ => throw new MalformedDataException(Structure, "algorithm", 0, $"is {oid}, which is not accepted"),
        };

        if (sequence.HasData)
            sequence.ReadNull();
        sequence.ThrowIfNotEmpty();
        return new(scheme, hash);
    }

    // RFC 4055, section 3.1. The defaults are all SHA-1, so every parameter must be there.
    private static SignatureAlgorithm ReadPss(AsnReader sequence)
    {
        var parameters = sequence.ReadSequence();
        sequence.ThrowIfNotEmpty();
        var hash = ReadHash(Parameter(parameters, 0).ReadSequence());
        var mask = Parameter(parameters, 1).ReadSequence();
        if (mask.ReadObjectIdentifier() != Mgf1 || ReadHash(mask.ReadSequence()) != hash)
            throw new MalformedDataException(Structure, "maskGenAlgorithm", 0, "must be MGF1 with the hash of the signature");

        if (!Parameter(parameters, 2).TryReadInt32(out var salt) || salt != Length(hash))
            throw new MalformedDataException(Structure, "saltLength", 0, "must be the length of the hash");

        if (parameters.HasData && (!Parameter(parameters, 3).TryReadInt32(out var trailer) || trailer != 1))
            throw new MalformedDataException(Structure, "trailerField", 0, "must be 1");

        parameters.ThrowIfNotEmpty();
        return new(SignatureScheme.RsaPss, hash);
    }

    private static AsnReader Parameter(AsnReader parameters, int number) =>
        parameters.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, number));

    internal static HashAlgorithmName ReadHash(AsnReader algorithm)
    {
        var oid = algorithm.ReadObjectIdentifier();
        if (algorithm.HasData)
            algorithm.ReadNull();
        algorithm.ThrowIfNotEmpty();

        return oid switch
        {
            "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
            "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => throw new MalformedDataException(Structure, "hashAlgorithm", 0, $"is {oid}, which is not accepted"),
        };
    }

    private static int Length(HashAlgorithmName hash) =>
        hash == HashAlgorithmName.SHA256 ? SHA256.HashSizeInBytes
        : hash == HashAlgorithmName.SHA384 ? SHA384.HashSizeInBytes
        : SHA512.HashSizeInBytes;
}
