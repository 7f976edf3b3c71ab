using System.Security.Cryptography;
using Nacre.Formats.Ciphers;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Formats.Ciphers;

/// <summary>Against the framework's own Diffie-Hellman.</summary>
[Trait("Group", "Formats")]
public sealed class EphemeralAgreementTests
{
    [Theory]
    [InlineData("P-256")]
    [InlineData("P-521")]
    public void The_framework_agrees(string curve)
    {
        using var peer = ECDiffieHellman.Create(EcJwk.NamedCurve(curve));
        for (var i = 0; i < 20; i++)
        {
            var (point, shared) = EphemeralAgreement.Create(curve, Point(peer));

            var size = point.Length / 2;
            using var ephemeral = ECDiffieHellman.Create(new ECParameters
            {
                Curve = EcJwk.NamedCurve(curve),
                Q = new ECPoint { X = point[1..(size + 1)], Y = point[(size + 1)..] },
            });
            using var ephemeralPublic = ephemeral.PublicKey;
            Assert.Equal(peer.DeriveRawSecretAgreement(ephemeralPublic), shared);
            Assert.Equal(EcJwk.CoordinateSize(curve), shared.Length);
        }
    }

    [Theory]
    [InlineData("P-256")]
    [InlineData("P-521")]
    public void What_is_no_point_of_the_curve(string curve)
    {
        using var peer = ECDiffieHellman.Create(EcJwk.NamedCurve(curve));
        var point = Point(peer);
        for (var bit = 0; bit < point.Length * 8; bit += 7)
        {
            var changed = (byte[])point.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<CryptographicException>(() => EphemeralAgreement.Create(curve, changed));
        }

        foreach (var wrong in (byte[][])[[], [0], point[..^1], [.. point, 0], new byte[point.Length]])
            Assert.Throws<CryptographicException>(() => EphemeralAgreement.Create(curve, wrong));
    }

    private static byte[] Point(ECDiffieHellman key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. q.X!, .. q.Y!];
    }
}
