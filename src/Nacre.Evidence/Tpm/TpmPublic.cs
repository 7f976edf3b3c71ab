using System.Buffers.Binary;
using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Evidence.Tpm;

/// <summary>
/// TPMT_PUBLIC of an RSA key or an ECC key on P-256 or P-384 (TPM 2.0 Library part 2, section 12.2.4). That the point lies on its curve
/// is checked when the key is used, not here.
/// </summary>
public sealed record TpmPublic
{
    public const int MaxSize = 1024;

    private const uint DefaultExponent = 65537;

    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary><see cref="TpmAlgorithm.Rsa"/> or <see cref="TpmAlgorithm.Ecc"/>.</summary>
    public required ushort Type { get; init; }

    public required ushort NameHash { get; init; }

    public required TpmKeyAttributes Attributes { get; init; }

    /// <summary>Signing or encryption scheme fixed for the key; <see cref="TpmAlgorithm.Null"/> when the caller chooses.</summary>
    public required ushort Scheme { get; init; }

    /// <summary>Hash of the scheme; <see cref="TpmAlgorithm.Null"/> when there is none.</summary>
    public required ushort SchemeHash { get; init; }

    /// <summary>RSA modulus, big-endian; empty for ECC.</summary>
    public ReadOnlyMemory<byte> Modulus { get; init; }

    /// <summary>RSA public exponent; 0 for ECC.</summary>
    public uint Exponent { get; init; }

    /// <summary>TPM_ECC_CURVE; 0 for RSA.</summary>
    public ushort Curve { get; init; }

    /// <summary>ECC coordinates, big-endian, leading zero bytes may be missing.</summary>
    public ReadOnlyMemory<byte> X { get; init; }

    public ReadOnlyMemory<byte> Y { get; init; }

    public bool Has(TpmKeyAttributes attributes) => (Attributes & attributes) == attributes;

    public static TpmPublic Parse(ReadOnlyMemory<byte> raw)
    {
        var r = new StructReader("tpm.public", raw.Span);
        if (raw.Length > MaxSize)
            throw r.Malformed($"is {raw.Length} bytes long, at most {MaxSize} are allowed");

        var type = r.UInt16BE("type");
        if (type is not (TpmAlgorithm.Rsa or TpmAlgorithm.Ecc))
            throw r.Malformed($"is {TpmAlgorithm.Name(type)}, must be rsa or ecc");

        var nameHash = r.UInt16BE("name_alg");
        if (TpmAlgorithm.TrustedHash(nameHash) is null)
            throw r.Malformed($"is {TpmAlgorithm.Name(nameHash)}, must be sha256, sha384 or sha512");

        var attributes = (TpmKeyAttributes)r.UInt32BE("attributes");
        r.Sized16BE("auth_policy", 64);
        if (r.UInt16BE("symmetric") != TpmAlgorithm.Null)
            r.Bytes(4, "symmetric_details");

        var scheme = r.UInt16BE("scheme");
        var schemeHash = scheme == TpmAlgorithm.Null ? TpmAlgorithm.Null : r.UInt16BE("scheme_hash");
        var key = type == TpmAlgorithm.Rsa ? ReadRsa(raw, ref r) : ReadEcc(raw, ref r);
        r.End();

        return key with { Type = type, NameHash = nameHash, Attributes = attributes, Scheme = scheme, SchemeHash = schemeHash };
    }

    /// <summary>nameAlg ‖ H(TPMT_PUBLIC): what a credential is bound to.</summary>
    public byte[] Name()
    {
        var digest = CryptographicOperations.HashData(TpmAlgorithm.TrustedHash(NameHash)!.Value, Raw.Span);
        var name = new byte[2 + digest.Length];
        BinaryPrimitives.WriteUInt16BigEndian(name, NameHash);
        digest.CopyTo(name, 2);
        return name;
    }

    /// <summary>The key as DER SubjectPublicKeyInfo.</summary>
    /// <exception cref="CryptographicException">The numbers are no key: an even modulus, a point off its curve.</exception>
    public byte[] ToSubjectPublicKeyInfo()
    {
        if (Type == TpmAlgorithm.Rsa)
        {
            var exponent = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(exponent, Exponent);
            using var rsa = RSA.Create(new RSAParameters { Modulus = Modulus.ToArray(), Exponent = exponent.AsSpan().TrimStart((byte)0).ToArray() });
            return rsa.ExportSubjectPublicKeyInfo();
        }

        var (curve, size) = Curve == TpmAlgorithm.CurveP256 ? (ECCurve.NamedCurves.nistP256, 32) : (ECCurve.NamedCurves.nistP384, 48);
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Padded(X.Span, size), Y = Padded(Y.Span, size) } });
        return ecdsa.ExportSubjectPublicKeyInfo();
    }

    private static TpmPublic ReadRsa(ReadOnlyMemory<byte> raw, ref StructReader r)
    {
        var bits = r.UInt16BE("key_bits");
        var exponent = r.UInt32BE("exponent");
        var length = r.Sized16BE("modulus", 512).Length;
        if (length * 8 != bits)
            throw r.Malformed($"is {length * 8} bits long, key_bits says {bits}");

        return Empty(raw) with { Modulus = raw.Slice(r.Offset - length, length), Exponent = exponent == 0 ? DefaultExponent : exponent };
    }

    private static TpmPublic ReadEcc(ReadOnlyMemory<byte> raw, ref StructReader r)
    {
        var curve = r.UInt16BE("curve");
        if (curve is not (TpmAlgorithm.CurveP256 or TpmAlgorithm.CurveP384))
            throw r.Malformed($"is 0x{curve:x4}, must be P-256 or P-384");

        if (r.UInt16BE("kdf") != TpmAlgorithm.Null)
            r.UInt16BE("kdf_hash");

        var size = curve == TpmAlgorithm.CurveP256 ? 32 : 48;
        var x = r.Sized16BE("x", size).Length;
        var xAt = r.Offset - x;
        var y = r.Sized16BE("y", size).Length;
        return Empty(raw) with { Curve = curve, X = raw.Slice(xAt, x), Y = raw.Slice(r.Offset - y, y) };
    }

    private static TpmPublic Empty(ReadOnlyMemory<byte> raw) => new()
    {
        Raw = raw,
        Type = 0,
        NameHash = 0,
        Attributes = TpmKeyAttributes.None,
        Scheme = TpmAlgorithm.Null,
        SchemeHash = TpmAlgorithm.Null,
    };

    private static byte[] Padded(ReadOnlySpan<byte> number, int size)
    {
        var padded = new byte[size];
        number.CopyTo(padded.AsSpan(size - number.Length));
        return padded;
    }
}
