using System.Security.Cryptography;
using Nacre.Formats.Ciphers;

namespace Nacre.Formats.OpenPgp;

/// <summary>The numbers of a public key that checks signatures, by algorithm (RFC 9580, sections 5.2.3 and 5.5.5).</summary>
internal abstract record SigningMaterial
{
    private const int MaxRsaBytes = 1024;
    private const int MinRsaBits = 2048;

    /// <summary>Such as <c>RSA-3072</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The algorithm numbers that a signature by this key may carry.</summary>
    public abstract bool Fits(byte algorithm);

    /// <param name="hash">The algorithm that made the digest.</param>
    /// <param name="digest">Of what is signed.</param>
    /// <param name="signature">The part of a signature packet that depends on the algorithm, in whole.</param>
    public abstract bool Verify(HashAlgorithmName hash, ReadOnlySpan<byte> digest, ref StructReader signature);

    /// <summary>Null for keys that sign nothing, or in a way that is not accepted (DSA, ElGamal, ECDH, X25519).</summary>
    public static SigningMaterial? Read(byte algorithm, ref StructReader reader) => algorithm switch
    {
        1 or 3 => ReadRsa(ref reader),
        19 => ReadEcdsa(ref reader),
        22 => ReadEdDsa(ref reader),
        27 => new Ed25519Key(reader.Bytes(Ed25519.KeySize, "ed25519").ToArray(), IsLegacy: false),
        _ => null,
    };

    private static RsaKey ReadRsa(ref StructReader reader)
    {
        var modulus = MultiprecisionInteger.Read(ref reader, "rsa.n", MaxRsaBytes);
        var exponent = MultiprecisionInteger.Read(ref reader, "rsa.e", 8);
        if (modulus.Length * 8 < MinRsaBits)
            throw reader.Malformed($"belongs to a modulus of less than {MinRsaBits} bits");
        if (exponent.Length == 0 || (exponent[^1] & 1) == 0 || exponent is [1])
            throw reader.Malformed("must be odd and above 1");
        return new(modulus, exponent);
    }

    private static EcdsaKey? ReadEcdsa(ref StructReader reader)
    {
        var oid = reader.Bytes(reader.UInt8("ecdsa.oid"), "ecdsa.oid");
        var point = MultiprecisionInteger.Read(ref reader, "ecdsa.q", 133);
        (ECCurve Curve, int Width)? found = Convert.ToHexString(oid) switch
        {
            "2A8648CE3D030107" => (ECCurve.NamedCurves.nistP256, 32),
            "2B81040022" => (ECCurve.NamedCurves.nistP384, 48),
            "2B81040023" => (ECCurve.NamedCurves.nistP521, 66),
            _ => null,
        };
        if (found is not { } curve)
            return null;
        if (point.Length != 1 + 2 * curve.Width || point[0] != 4)
            throw reader.Malformed("is no uncompressed point of its curve");
        return new(curve.Curve, curve.Width, point[1..(1 + curve.Width)], point[(1 + curve.Width)..]);
    }

    private static Ed25519Key? ReadEdDsa(ref StructReader reader)
    {
        var oid = reader.Bytes(reader.UInt8("eddsa.oid"), "eddsa.oid");
        var point = MultiprecisionInteger.Read(ref reader, "eddsa.q", 64);
        if (Convert.ToHexString(oid) != "2B06010401DA470F01")
            return null;
        return point.Length == 1 + Ed25519.KeySize && point[0] == 0x40
            ? new(point[1..], IsLegacy: true)
            : throw reader.Malformed("is no point of Ed25519");
    }

    private sealed record RsaKey(byte[] Modulus, byte[] Exponent) : SigningMaterial
    {
        public override string Kind => $"RSA-{Modulus.Length * 8}";

        public override bool Fits(byte algorithm) => algorithm is 1 or 3;

        public override bool Verify(HashAlgorithmName hash, ReadOnlySpan<byte> digest, ref StructReader signature)
        {
            var number = MultiprecisionInteger.Widen(MultiprecisionInteger.Read(ref signature, "rsa.s", MaxRsaBytes), Modulus.Length);
            signature.End();
            using var rsa = RSA.Create(new RSAParameters { Modulus = Modulus, Exponent = Exponent });
            return number is not null && rsa.VerifyHash(digest, number, hash, RSASignaturePadding.Pkcs1);
        }
    }

    private sealed record EcdsaKey(ECCurve Curve, int Width, byte[] X, byte[] Y) : SigningMaterial
    {
        public override string Kind => $"P-{(Width == 66 ? 521 : 8 * Width)}";

        public override bool Fits(byte algorithm) => algorithm == 19;

        public override bool Verify(HashAlgorithmName hash, ReadOnlySpan<byte> digest, ref StructReader signature)
        {
            var r = MultiprecisionInteger.Widen(MultiprecisionInteger.Read(ref signature, "ecdsa.r", Width), Width);
            var s = MultiprecisionInteger.Widen(MultiprecisionInteger.Read(ref signature, "ecdsa.s", Width), Width);
            signature.End();
            using var ecdsa = ECDsa.Create(new ECParameters { Curve = Curve, Q = new() { X = X, Y = Y } });
            return r is not null && s is not null && ecdsa.VerifyHash(digest, [.. r, .. s], DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    private sealed record Ed25519Key(byte[] Point, bool IsLegacy) : SigningMaterial
    {
        private const int Half = Ed25519.SignatureSize / 2;

        public override string Kind => "Ed25519";

        public override bool Fits(byte algorithm) => algorithm == (IsLegacy ? 22 : 27);

        public override bool Verify(HashAlgorithmName hash, ReadOnlySpan<byte> digest, ref StructReader signature)
        {
            if (!IsLegacy)
            {
                var whole = signature.Bytes(Ed25519.SignatureSize, "ed25519.signature");
                signature.End();
                return Ed25519.Verify(Point, digest, whole);
            }

            var r = MultiprecisionInteger.Widen(MultiprecisionInteger.Read(ref signature, "eddsa.r", Half), Half);
            var s = MultiprecisionInteger.Widen(MultiprecisionInteger.Read(ref signature, "eddsa.s", Half), Half);
            signature.End();
            return r is not null && s is not null && Ed25519.Verify(Point, digest, [.. r, .. s]);
        }
    }
}
