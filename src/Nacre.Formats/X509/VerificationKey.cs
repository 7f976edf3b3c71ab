using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Nacre.Formats.X509;

/// <summary>
/// A public key that checks signatures: ECC on P-256, P-384 or P-521, or RSA of 2048 to 4096 bits. A point off its curve is refused when the
/// key is read. Safe for use by several threads at once.
/// </summary>
public sealed class VerificationKey : IDisposable
{
    private const string Structure = "x509.subjectPublicKeyInfo";

    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;
    private readonly int _coordinate;

    private VerificationKey(ECDsa ecdsa, int coordinate) => (_ecdsa, _coordinate) = (ecdsa, coordinate);

    private VerificationKey(RSA rsa) => _rsa = rsa;

    /// <summary>Such as <c>P-384</c> or <c>RSA-4096</c>.</summary>
    public string Kind => _rsa is not null ? $"RSA-{_rsa.KeySize}" : _coordinate == 66 ? "P-521" : $"P-{8 * _coordinate}";

    /// <summary>SHA-256 of a SubjectPublicKeyInfo, in lower-case hexadecimal: how a root is pinned.</summary>
    public static string Digest(ReadOnlySpan<byte> subjectPublicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo));

    /// <exception cref="MalformedDataException">It is no such key.</exception>
    public static VerificationKey Import(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        AsymmetricAlgorithm? key = null;
        try
        {
            var isRsa = IsRsa(subjectPublicKeyInfo.ToArray());
            key = isRsa ? RSA.Create() : ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            if (read != subjectPublicKeyInfo.Length)
                throw new MalformedDataException(Structure, "(end)", read, "bytes are left over");

            var accepted = key is RSA rsa ? Accept(rsa) : Accept((ECDsa)key);
            key = null;
            return accepted;
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
        {
            // The latter is what the framework says of a curve it does not know.
            throw new MalformedDataException(Structure, "(key)", 0, "is no usable key", error);
        }
        finally
        {
            key?.Dispose();
        }
    }

    /// <summary>An ECC key from its coordinates, big endian; the point must be on the curve.</summary>
    /// <exception cref="MalformedDataException">It is not.</exception>
    public static VerificationKey FromPoint(ECCurve curve, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        ECDsa? key = ECDsa.Create();
        try
        {
            // Not ECDsa.Create(parameters): a key made that way takes a third longer for each signature (OpenSSL 3.0).
            key.ImportSubjectPublicKeyInfo(EncodePoint(curve, x, y), out _);
            var accepted = new VerificationKey(key, x.Length);
            key = null;
            return accepted;
        }
        catch (CryptographicException error)
        {
            throw new MalformedDataException(Structure, "(point)", 0, "is not on its curve", error);
        }
        finally
        {
            key?.Dispose();
        }
    }

    /// <summary>Checks a signature as certificates carry it: ECDSA as a DER sequence, RSA as it is.</summary>
    public bool Verify(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        switch (algorithm.Scheme)
        {
            case SignatureScheme.Ecdsa:
                Span<byte> fixedWidth = stackalloc byte[2 * _coordinate];
                return _ecdsa is not null && TryToFixedWidth(signature, fixedWidth) && VerifyEcdsa(algorithm.Hash, data, fixedWidth);
            case SignatureScheme.RsaPkcs1:
                return _rsa is not null && _rsa.VerifyData(data, signature, algorithm.Hash, RSASignaturePadding.Pkcs1);
            case SignatureScheme.RsaPss:
                return VerifyRsaPss(algorithm.Hash, data, signature);
            default:
                return false;
        }
    }

    /// <summary>Checks r ‖ s, both big endian and as wide as the curve. Values outside [1, n-1] never verify.</summary>
    public bool VerifyEcdsa(HashAlgorithmName hash, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        _ecdsa is not null && signature.Length == 2 * _coordinate
        && _ecdsa.VerifyData(data, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>Checks RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash.</summary>
    public bool VerifyRsaPss(HashAlgorithmName hash, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        _rsa is not null && _rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pss);

    /// <summary>SubjectPublicKeyInfo in DER, the same bytes for the same key however it was encoded when it was read.</summary>
    public byte[] ExportSubjectPublicKeyInfo()
    {
        if (_ecdsa is not null)
        {
            var point = _ecdsa.ExportParameters(false);
            return EncodePoint(point.Curve, point.Q.X, point.Q.Y);
        }

        using var rsa = RSA.Create(_rsa!.ExportParameters(false));
        return rsa.ExportSubjectPublicKeyInfo();
    }

    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }

    private static bool IsRsa(ReadOnlyMemory<byte> spki) => DerStructure.Read(Structure, spki, static (der, _) =>
        der.ReadSequence().ReadSequence().ReadObjectIdentifier() == "1.2.840.113549.1.1.1");

    // RFC 5480, section 2.
    private static byte[] EncodePoint(ECCurve curve, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            using (der.PushSequence())
            {
                der.WriteObjectIdentifier("1.2.840.10045.2.1");
                der.WriteObjectIdentifier(curve.Oid.Value!);
            }

            der.WriteBitString([4, .. x, .. y]);
        }

        return der.Encode();
    }

    private static VerificationKey Accept(RSA rsa)
    {
        var exponent = rsa.ExportParameters(false).Exponent.AsSpan().TrimStart((byte)0);
        return rsa.KeySize is >= 2048 and <= 4096 && exponent.SequenceEqual<byte>([1, 0, 1])
            ? new(rsa)
            : throw new MalformedDataException(Structure, "(key)", 0, $"is RSA of {rsa.KeySize} bits, or its exponent is not 65537");
    }

    private static VerificationKey Accept(ECDsa ecdsa)
    {
        // Curves given by parameters instead of a name could be weak ones with a familiar shape.
        var curve = ecdsa.ExportParameters(false).Curve;
        var coordinate = !curve.IsNamed ? 0 : curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => 32,
            "1.3.132.0.34" => 48,
            "1.3.132.0.35" => 66,
            _ => 0,
        };
        return coordinate != 0 ? new(ecdsa, coordinate) : throw new MalformedDataException(Structure, "(key)", 0, "is on a curve that is not accepted");
    }

    private static bool TryToFixedWidth(ReadOnlySpan<byte> der, Span<byte> output)
    {
        output.Clear();
        var half = output.Length / 2;
        try
        {
            AsnDecoder.ReadSequence(der, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
            if (consumed != der.Length)
                return false;

            var content = der.Slice(offset, length);
            var r = AsnDecoder.ReadIntegerBytes(content, AsnEncodingRules.DER, out var first);
            var s = AsnDecoder.ReadIntegerBytes(content[first..], AsnEncodingRules.DER, out var second);
            return first + second == content.Length && CopyUnsigned(r, output[..half]) && CopyUnsigned(s, output[half..]);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool CopyUnsigned(ReadOnlySpan<byte> integer, Span<byte> output)
    {
        if ((integer[0] & 0x80) != 0)
            return false;

        var trimmed = integer.TrimStart((byte)0);
        if (trimmed.Length > output.Length)
            return false;

        trimmed.CopyTo(output[(output.Length - trimmed.Length)..]);
        return true;
    }
}
