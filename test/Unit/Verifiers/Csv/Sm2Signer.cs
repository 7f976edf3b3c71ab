using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Nacre.Formats.Sm;

namespace Nacre.UnitTests.Verifiers.Csv;

/// <summary>A key pair of SM2 that signs (GB/T 32918.2-2016, section 6). For tests: nothing here runs in constant time.</summary>
internal sealed class Sm2Signer
{
    private readonly BigInteger _secret;
    private readonly byte[] _userId;

    public Sm2Signer(string userId)
    {
        _userId = Encoding.ASCII.GetBytes(userId);
        _secret = Random();
        X = Sm2Curve.Combine(_secret, 0, Sm2Curve.G)!.Value;

        // One of the two points with this x; its opposite belongs to the opposite secret.
        var square = (X * X * X + Sm2Curve.A * X + Sm2Curve.B) % Sm2Curve.P;
        Y = BigInteger.ModPow(square, (Sm2Curve.P + 1) / 4, Sm2Curve.P);
        if (!Verifies(Sign([1])))
            _secret = Sm2Curve.N - _secret;
    }

    public BigInteger X { get; }

    public BigInteger Y { get; }

    public ReadOnlySpan<byte> UserId => _userId;

    public (BigInteger R, BigInteger S) Sign(ReadOnlySpan<byte> message)
    {
        var e = Number(Sm3.HashData([.. Identity(), .. message]));
        var k = Random();
        var r = (e + Sm2Curve.Combine(k, 0, Sm2Curve.G)!.Value) % Sm2Curve.N;
        var inverse = BigInteger.ModPow(1 + _secret, Sm2Curve.N - 2, Sm2Curve.N);
        var s = inverse * (k - r * _secret) % Sm2Curve.N;
        return (r, s.Sign < 0 ? s + Sm2Curve.N : s);
    }

    /// <summary>A number as Hygon's structures hold it: 72 bytes, little endian.</summary>
    public static byte[] Field(BigInteger number)
    {
        var field = new byte[72];
        number.TryWriteBytes(field, out _, isUnsigned: true);
        return field;
    }

    private bool Verifies((BigInteger R, BigInteger S) signature) =>
        Sm2PublicKey.FromPoint("test", Bytes(X), Bytes(Y)).Verify(_userId, [1], Bytes(signature.R), Bytes(signature.S));

    private byte[] Identity() => Sm3.HashData(
    [
        (byte)(8 * _userId.Length >> 8), (byte)(8 * _userId.Length), .. _userId, .. Bytes(Sm2Curve.A), .. Bytes(Sm2Curve.B),
        .. Bytes(Sm2Curve.G.X), .. Bytes(Sm2Curve.G.Y), .. Bytes(X), .. Bytes(Y),
    ]);

    private static BigInteger Random() => 1 + Number(RandomNumberGenerator.GetBytes(40)) % (Sm2Curve.N - 2);

    private static BigInteger Number(ReadOnlySpan<byte> bigEndian) => new(bigEndian, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = Field(number)[..32];
        Array.Reverse(bytes);
        return bytes;
    }
}
