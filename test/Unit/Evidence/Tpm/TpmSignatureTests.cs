using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Tpm;

[Trait("Group", "Tpm")]
public sealed class TpmSignatureTests
{
    [Theory]
    [InlineData("generated/rsassa_sha256_all.sig", TpmAlgorithm.RsaSsa)]
    [InlineData("generated/ecdsa_p256_sha256_all.sig", TpmAlgorithm.EcDsa)]
    [InlineData("keylime/quotesig.out", TpmAlgorithm.RsaSsa)]
    public void Reads_scheme_and_hash(string file, ushort scheme)
    {
        var signature = TpmSignature.Parse(TpmVectors.Read(file));

        Assert.Equal((scheme, TpmAlgorithm.Sha256), (signature.Scheme, signature.Hash));
    }

    [Theory]
    [InlineData("generated/rsassa_sha256_all.sig")]
    [InlineData("generated/ecdsa_p256_sha256_all.sig")]
    public void Refuses_every_truncation_and_a_trailing_byte(string file)
    {
        var genuine = TpmVectors.Read(file);
        for (var length = 0; length < genuine.Length; length++)
            Assert.Throws<MalformedDataException>(() => TpmSignature.Parse(genuine.AsMemory(0, length)));

        Assert.Throws<MalformedDataException>(() => TpmSignature.Parse((byte[])[.. genuine, 0]));
    }

    [Fact]
    public void Pads_short_coordinates_on_the_left_and_refuses_long_ones()
    {
        var signature = TpmSignature.Parse((byte[])[0, 0x18, 0, 0x0b, 0, 2, 0, 7, 0, 1, 9]);

        var padded = signature.ToFixedWidth(32);

        Assert.Equal((byte[])[.. new byte[31], 7, .. new byte[31], 9], padded);
        Assert.Null((signature with { R = Enumerable.Repeat((byte)1, 33).ToArray() }).ToFixedWidth(32));
    }

    [Theory]
    [InlineData("001a000b00010100")]
    [InlineData("0005000b00010100")]
    [InlineData("0014000b0000")]
    public void Refuses_other_schemes_and_empty_signatures(string hex) =>
        Assert.Throws<MalformedDataException>(() => TpmSignature.Parse(Convert.FromHexString(hex)));
}
