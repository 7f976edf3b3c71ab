using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Cose;
using Nacre.Formats.X509;

namespace Nacre.UnitTests.Formats.Cose;

[Trait("Group", "FormatsCbor")]
public sealed class CoseSign1Tests
{
    private static readonly byte[] s_payload = Encoding.ASCII.GetBytes("This is the content.");

    public static TheoryData<string, int> Algorithms() => new() { { "nistP256", -7 }, { "nistP384", -35 }, { "nistP521", -36 } };

    [Fact]
    public void The_example_of_the_standard_verifies()
    {
        // RFC 9052, appendix C.2.1, with the key of appendix C.7.1.
        var message = Convert.FromHexString(
            "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23"
            + "d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36");
        using var key = VerificationKey.FromPoint(
            ECCurve.NamedCurves.nistP256, Convert.FromHexString("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"),
            Convert.FromHexString("20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"));
        var parsed = Parse(message);
        Assert.Equal(s_payload, parsed.Payload);
        Assert.Equal("ES256", parsed.Algorithm.Name);
        Assert.True(parsed.Verify(key));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Each_algorithm_verifies_on_its_curve_and_on_no_other(string curve, int id)
    {
        using var signer = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        var message = Sign(signer, CoseProfile.Evidence.Find(id)!);
        foreach (var other in Algorithms().Select(row => row.Data.Item1))
        {
            using var stranger = ECDsa.Create(ECCurve.CreateFromFriendlyName(other));
            using var key = VerificationKey.Import(stranger.ExportSubjectPublicKeyInfo());
            Assert.False(Parse(message).Verify(key));
        }

        using var right = VerificationKey.Import(signer.ExportSubjectPublicKeyInfo());
        Assert.True(Parse(message).Verify(right));

        // The same signature under the name of another algorithm is too long or too short for it.
        message[4] = (byte)(id == -7 ? 0x27 : 0x26);
        Assert.Throws<MalformedDataException>(() => Parse(message));
    }

    [Fact]
    public void R_and_s_out_of_range_never_verify()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var key = VerificationKey.Import(signer.ExportSubjectPublicKeyInfo());
        var message = Sign(signer, CoseAlgorithm.Es384);
        Assert.True(Parse(message).Verify(key));

        var low = Number(Convert.FromHexString("c7634d81f4372ddf581a0db248b0a77aecec196accc52973"));
        var order = (BigInteger.One << 384) - (BigInteger.One << 192) + low;
        var signature = message.AsSpan(message.Length - 96).ToArray();
        var (r, s) = (Number(signature[..48]), Number(signature[48..]));
        foreach (var (changedR, changedS) in new[]
        {
            (BigInteger.Zero, s), (r, BigInteger.Zero), (BigInteger.Zero, BigInteger.Zero),
            (order, s), (r, order), (order, order), (r, order + 1), (order + 1, s), (BigInteger.One, BigInteger.One), ((BigInteger.One << 384) - 1, s), (r, (BigInteger.One << 384) - 1),
        })
        {
            Assert.False(Parse([.. message[..^96], .. Bytes(changedR), .. Bytes(changedS)]).Verify(key));
        }
    }

    [Theory]
    [InlineData("d18443a10126a04100584000", "(tag)", "must be 18")]
    [InlineData("8343a10126a04100", "(message)", "must have four parts")]
    [InlineData("8543a10126a0410041004100", "(message)", "at most 4")]
    [InlineData("8440a04100", "(map)", "bytes end")]
    [InlineData("8441a0a04100", "1", "is missing")]
    [InlineData("8441a0a101264100", "1", "is missing")]
    [InlineData("8443a10126a101264100", "1", "in the protected header already")]
    [InlineData("8446a20126044131a10441324100", "4", "in the protected header already")]
    [InlineData("8443a10126a10281044100", "2", "must be in the protected header")]
    [InlineData("8446a20126028104a04100", "2", "must be understood")]
    [InlineData("8444a1012600a04100", "(end)", "left over")]
    [InlineData("8443a10105a04100", "1", "not one of -7")]
    [InlineData("8444a1013824a04100", "1", "not one of -7")]
    [InlineData("8445a201260126a04100", "1", "twice")]
    [InlineData("8443a10126a0f641", "payload", "must be a byte string")]
    [InlineData("8443a10126a0420041", "signature", "bytes end")]
    [InlineData("8443a10126a041005f4101ff", "signature", "no definite length")]
    [InlineData("8443a10126a041004101", "signature", "ES256 has 64")]
    [InlineData("8443a10126a042", "payload", "needs 2 bytes")]
    public void Refuses_other_messages(string hex, string field, string rule)
    {
        var error = Assert.Throws<MalformedDataException>(() => Parse(Convert.FromHexString(hex)));
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public void No_flipped_bit_and_no_truncation_verifies()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = VerificationKey.Import(signer.ExportSubjectPublicKeyInfo());
        var message = Sign(signer, CoseAlgorithm.Es256);
        for (var bit = 0; bit < 8 * message.Length; bit++)
        {
            var changed = message.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Verifies(changed, key), $"bit {bit}");
        }

        for (var length = 0; length < message.Length; length++)
            Assert.Throws<MalformedDataException>(() => Parse(message[..length]));
        Assert.Throws<MalformedDataException>(() => Parse([.. message, 0]));
    }

    [Fact]
    public void A_payload_longer_than_allowed_is_refused()
    {
        var message = Convert.FromHexString("8443a10126a0420000");
        Assert.Equal("payload", Assert.Throws<MalformedDataException>(() => CoseSign1.Parse("test", message, maxPayload: 1)).Field);
    }

    private static bool Verifies(byte[] message, VerificationKey key)
    {
        try
        {
            return Parse(message).Verify(key);
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    private static CoseSign1 Parse(byte[] message) => CoseSign1.Parse("test", message, 4096);

    // Written out by hand, so that the code under test does not judge itself: all lengths are those of this payload.
    private static byte[] Sign(ECDsa signer, CoseAlgorithm algorithm)
    {
        byte[] header = algorithm.Id == -7 ? [0xa1, 0x01, 0x26] : [0xa1, 0x01, 0x38, (byte)(-1 - algorithm.Id)];
        byte[] payload = [0x54, .. s_payload];
        byte[] signed = [0x84, 0x6a, .. "Signature1"u8, (byte)(0x40 + header.Length), .. header, 0x40, .. payload];
        var signature = signer.SignData(signed, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return [0x84, (byte)(0x40 + header.Length), .. header, 0xa0, .. payload, 0x58, (byte)signature.Length, .. signature];
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[48 - bytes.Length], .. bytes];
    }
}
