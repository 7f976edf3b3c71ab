using System.Globalization;
using System.Numerics;

namespace Nacre.Formats.Sm;

/// <summary>
/// The curve of SM2 (GB/T 32918.5-2017), y² = x³ − 3x + b over a prime field. Only public values go through it, so nothing here takes care to
/// run in constant time; it must not be used with a secret.
/// </summary>
internal static class Sm2Curve
{
    public static readonly BigInteger P = Hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF");
    public static readonly BigInteger N = Hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123");
    public static readonly BigInteger A = P - 3;
    public static readonly BigInteger B = Hex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93");
    public static readonly (BigInteger X, BigInteger Y) G =
        (Hex("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"), Hex("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"));

    public static bool Contains(BigInteger x, BigInteger y) =>
        x >= 0 && x < P && y >= 0 && y < P && (y * y - (x * x * x + A * x + B)) % P == 0;

    /// <summary>The x coordinate of u·G + v·Q; null for the point at infinity.</summary>
    public static BigInteger? Combine(BigInteger u, BigInteger v, (BigInteger X, BigInteger Y) q)
    {
        var (g, both) = (Point.From(G), Point.From(G).Add(Point.From(q)));
        var sum = Point.Infinity;
        for (var bit = 255; bit >= 0; bit--)
        {
            sum = sum.Double();
            var (inU, inV) = (!((u >> bit) & 1).IsZero, !((v >> bit) & 1).IsZero);
            if (inU || inV)
                sum = sum.Add(inU && inV ? both : inU ? g : Point.From(q));
        }

        return sum.AffineX();
    }

    private static BigInteger Hex(string digits) => BigInteger.Parse("0" + digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static BigInteger Mod(BigInteger value)
    {
        var rest = value % P;
        return rest.Sign < 0 ? rest + P : rest;
    }

    // Jacobian coordinates: (X/Z², Y/Z³).
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z)
    {
        public static Point Infinity { get; } = new(1, 1, 0);

        public static Point From((BigInteger X, BigInteger Y) affine) => new(affine.X, affine.Y, 1);

        public Point Double()
        {
            if (Z.IsZero || Y.IsZero)
                return Infinity;

            var yy = Mod(Y * Y);
            var zz = Mod(Z * Z);
            var s = Mod(4 * X * yy);
            var m = Mod(3 * (X - zz) * (X + zz));
            var x = Mod(m * m - 2 * s);
            return new(x, Mod(m * (s - x) - 8 * yy * yy), Mod(2 * Y * Z));
        }

        public Point Add(Point other)
        {
            if (Z.IsZero)
                return other;
            if (other.Z.IsZero)
                return this;

            var (zz, otherZz) = (Mod(Z * Z), Mod(other.Z * other.Z));
            var (u1, u2) = (Mod(X * otherZz), Mod(other.X * zz));
            var (s1, s2) = (Mod(Y * other.Z * otherZz), Mod(other.Y * Z * zz));
            if (u1 == u2)
                return s1 == s2 ? Double() : Infinity;

            var h = Mod(u2 - u1);
            var r = Mod(s2 - s1);
            var hh = Mod(h * h);
            var hhh = Mod(h * hh);
            var v = Mod(u1 * hh);
            var x = Mod(r * r - hhh - 2 * v);
            return new(x, Mod(r * (v - x) - s1 * hhh), Mod(h * Z * other.Z));
        }

        public BigInteger? AffineX()
        {
            if (Z.IsZero)
                return null;

            var inverse = BigInteger.ModPow(Z, P - 2, P);
            return Mod(X * inverse * inverse);
        }
    }
}
