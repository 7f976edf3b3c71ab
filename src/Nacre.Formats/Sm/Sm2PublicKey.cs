using System.Buffers.Binary;
using System.Numerics;

namespace Nacre.Formats.Sm;

/// <summary>
/// Checks signatures of SM2 with SM3 (GB/T 32918.2-2016). The framework has neither; they serve evidence of Hygon processors only.
/// </summary>
public sealed class Sm2PublicKey
{
    public const int CoordinateSize = 32;

    private readonly BigInteger _x;
    private readonly BigInteger _y;

    private Sm2PublicKey(BigInteger x, BigInteger y) => (_x, _y) = (x, y);

    /// <param name="structure">What the key was read from, for messages.</param>
    /// <param name="x">32 bytes, big endian.</param>
    /// <param name="y">32 bytes, big endian.</param>
    /// <exception cref="MalformedDataException">It is no point of the curve.</exception>
    public static Sm2PublicKey FromPoint(string structure, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        var (left, right) = (Number(x), Number(y));
        return Sm2Curve.Contains(left, right) ? new(left, right) : throw new MalformedDataException(structure, "public key", 0, "is no point of the curve of SM2");
    }

    /// <param name="userId">The signer's distinguishing identifier, which the signature covers.</param>
    /// <param name="message">What is signed.</param>
    /// <param name="r">32 bytes, big endian. Values outside [1, n−1] never verify.</param>
    /// <param name="s">As <paramref name="r"/>.</param>
    public bool Verify(ReadOnlySpan<byte> userId, ReadOnlySpan<byte> message, ReadOnlySpan<byte> r, ReadOnlySpan<byte> s)
    {
        var (first, second) = (Number(r), Number(s));
        if (first.IsZero || first >= Sm2Curve.N || second.IsZero || second >= Sm2Curve.N)
            return false;

        var t = (first + second) % Sm2Curve.N;
        if (t.IsZero)
            return false;

        var e = Number(Sm3.HashData([.. Identity(userId), .. message]));
        return Sm2Curve.Combine(second, t, (_x, _y)) is { } x && (e + x) % Sm2Curve.N == first;
    }

    // Z: the signer's identifier, the curve and the key in one hash (section 5.5).
    private byte[] Identity(ReadOnlySpan<byte> userId)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)(8 * userId.Length)));
        return Sm3.HashData(
        [
            .. length, .. userId, .. Bytes(Sm2Curve.A), .. Bytes(Sm2Curve.B), .. Bytes(Sm2Curve.G.X), .. Bytes(Sm2Curve.G.Y), .. Bytes(_x), .. Bytes(_y),
        ]);
    }

    private static BigInteger Number(ReadOnlySpan<byte> bigEndian) => new(bigEndian, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[CoordinateSize];
        var raw = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        raw.CopyTo(bytes, CoordinateSize - raw.Length);
        return bytes;
    }
}
