using System.Numerics;
using System.Security.Cryptography;

namespace Nacre.Rego.Builtins;

/// <summary>
/// Ed25519 (RFC 8032, section 5.1), which the framework does not have. Arithmetic is on big integers and not in constant time: signing
/// is for policies that are given a key in the clear, which makes nothing secret.
/// </summary>
internal static class Ed25519
{
    private static readonly BigInteger s_p = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger s_order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);
    private static readonly BigInteger s_d = Mod(-121665 * Inverse(121666));
    private static readonly BigInteger s_rootOfMinusOne = BigInteger.ModPow(2, (s_p - 1) / 4, s_p);
    private static readonly Point s_base = Base();

    // Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T);

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != 32 || signature.Length != 64 || Decode(publicKey) is not { } key || Decode(signature[..32]) is not { } r)
            return false;

        var s = Little(signature[32..]);
        if (s >= s_order)
            return false;

        var h = Little(SHA512.HashData([.. signature[..32], .. publicKey, .. message])) % s_order;
        return AreEqual(Multiply(s, s_base), Add(r, Multiply(h, key)));
    }

    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        var hash = SHA512.HashData(seed);
        hash[0] &= 248;
        hash[31] = (byte)((hash[31] & 127) | 64);
        var secret = Little(hash.AsSpan(0, 32));
        var key = Encode(Multiply(secret, s_base));
        var r = Little(SHA512.HashData([.. hash[32..], .. message])) % s_order;
        var point = Encode(Multiply(r, s_base));
        var h = Little(SHA512.HashData([.. point, .. key, .. message])) % s_order;
        return [.. point, .. Bytes((r + h * secret) % s_order)];
    }

    private static BigInteger Mod(BigInteger value)
    {
        var rest = value % s_p;
        return rest.Sign < 0 ? rest + s_p : rest;
    }

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(value, s_p - 2, s_p);

    private static BigInteger Little(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static Point Base()
    {
        var y = Mod(4 * Inverse(5));
        var encoded = Bytes(y);
        return Decode(encoded)!.Value;
    }

    private static Point? Decode(ReadOnlySpan<byte> bytes)
    {
        Span<byte> copy = stackalloc byte[32];
        bytes.CopyTo(copy);
        var sign = copy[31] >> 7;
        copy[31] &= 0x7F;
        var y = Little(copy);
        if (y >= s_p)
            return null;

        var square = Mod((y * y - 1) * Inverse(Mod(s_d * y * y + 1)));
        var x = BigInteger.ModPow(square, (s_p + 3) / 8, s_p);
        if (Mod(x * x - square) != 0)
            x = Mod(x * s_rootOfMinusOne);
        if (Mod(x * x - square) != 0 || (x.IsZero && sign == 1))
            return null;
        if ((int)(x & 1) != sign)
            x = s_p - x;

        return new Point(x, y, BigInteger.One, Mod(x * y));
    }

    private static byte[] Encode(Point point)
    {
        var inverse = Inverse(point.Z);
        var (x, y) = (Mod(point.X * inverse), Mod(point.Y * inverse));
        var bytes = Bytes(y);
        bytes[31] |= (byte)((int)(x & 1) << 7);
        return bytes;
    }

    private static Point Add(Point p, Point q)
    {
        var a = Mod((p.Y - p.X) * (q.Y - q.X));
        var b = Mod((p.Y + p.X) * (q.Y + q.X));
        var c = Mod(2 * p.T * q.T * s_d);
        var d = Mod(2 * p.Z * q.Z);
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new Point(Mod(e * f), Mod(g * h), Mod(f * g), Mod(e * h));
    }

    private static Point Multiply(BigInteger factor, Point point)
    {
        var result = new Point(0, 1, 1, 0);
        for (; !factor.IsZero; factor >>= 1, point = Add(point, point))
            if (!factor.IsEven)
                result = Add(result, point);

        return result;
    }

    private static bool AreEqual(Point p, Point q) => Mod(p.X * q.Z - q.X * p.Z).IsZero && Mod(p.Y * q.Z - q.Y * p.Z).IsZero;
}
