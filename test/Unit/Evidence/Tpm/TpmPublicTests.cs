using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Tpm;

[Trait("Group", "Tpm")]
public sealed class TpmPublicTests
{
    private const TpmKeyAttributes Attestation = TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent
        | TpmKeyAttributes.SensitiveDataOrigin | TpmKeyAttributes.UserWithAuth | TpmKeyAttributes.Restricted | TpmKeyAttributes.Sign;

    [Theory]
    [InlineData("generated/akrsa")]
    [InlineData("generated/akecc")]
    public void Gives_the_key_as_the_tpms_own_tools_do(string key)
    {
        var parsed = TpmPublic.Parse(TpmVectors.ReadSized(key + ".tpm2b_public"));

        Assert.Equal(FromPem(key + ".pem"), parsed.ToSubjectPublicKeyInfo());
        Assert.True(parsed.Has(Attestation));
        Assert.False(parsed.Has(TpmKeyAttributes.Decrypt));
    }

    [Fact]
    public void Computes_the_name_as_a_tpm_does() =>
        Assert.Equal(TpmVectors.Read("keylime/ak.name"), TpmPublic.Parse(TpmVectors.ReadSized("keylime/ak.pub")).Name());

    [Fact]
    public void An_unrestricted_key_is_seen_as_one() =>
        Assert.False(TpmPublic.Parse(TpmVectors.ReadSized("generated/unr.tpm2b_public")).Has(TpmKeyAttributes.Restricted));

    [Theory]
    [InlineData("generated/akrsa.tpm2b_public")]
    [InlineData("generated/akecc.tpm2b_public")]
    public void Refuses_every_truncation_and_a_trailing_byte(string file)
    {
        var genuine = TpmVectors.ReadSized(file);
        for (var length = 0; length < genuine.Length; length++)
            Assert.Throws<MalformedDataException>(() => TpmPublic.Parse(genuine.AsMemory(0, length)));

        Assert.Throws<MalformedDataException>(() => TpmPublic.Parse((byte[])[.. genuine, 0]));
    }

    [Fact]
    public void A_point_off_its_curve_is_no_key()
    {
        var changed = TpmVectors.ReadSized("generated/akecc.tpm2b_public");
        changed[^1] ^= 1;

        Assert.ThrowsAny<CryptographicException>(() => TpmPublic.Parse(changed).ToSubjectPublicKeyInfo());
    }

    private static byte[] FromPem(string file)
    {
        var pem = TpmVectors.ReadText(file);
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }
}
