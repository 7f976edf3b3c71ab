using Nacre.Evidence.Tpm;
using Nacre.UnitTests.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

/// <summary>Whatever is changed in genuine evidence, it is not verified any more.</summary>
[Trait("Group", "Tpm")]
public sealed class TpmMutationTests
{
    [Theory]
    [InlineData("coco-evidence/rsa_all.json")]
    [InlineData("coco-evidence/ecc_all.json")]
    public void No_flipped_bit_is_verified(string file)
    {
        var genuine = TpmEvidence.Parse(TpmVectors.Read(file));
        var trusted = TpmKeyEndorsement.Enrolled(genuine.AkPublic);
        Assert.IsType<Verified>(TestQuote.Verify(genuine.ToJson(), null, trusted));

        byte[][] fields = [genuine.Message, genuine.Signature, genuine.AkPublic, genuine.Pcrs[0], genuine.Pcrs[8], genuine.Pcrs[23]];
        foreach (var field in fields)
        {
            for (var bit = 0; bit < field.Length * 8; bit++)
            {
                field[bit / 8] ^= (byte)(1 << bit % 8);
                Assert.IsType<Refused>(TestQuote.Verify(genuine.ToJson(), null, trusted));
                field[bit / 8] ^= (byte)(1 << bit % 8);
            }
        }

        Assert.IsType<Verified>(TestQuote.Verify(genuine.ToJson(), null, trusted));
    }

    [Theory]
    [InlineData("coco-evidence/rsa_all.json")]
    [InlineData("coco-evidence/ecc_all.json")]
    public void No_truncation_is_verified(string file)
    {
        var json = TpmVectors.ReadText(file).TrimEnd();
        var genuine = TpmEvidence.Parse(TpmVectors.Read(file));
        var trusted = TpmKeyEndorsement.Enrolled(genuine.AkPublic);

        for (var length = 0; length < json.Length; length++)
            Assert.IsType<Refused>(TestQuote.Verify(System.Text.Encoding.UTF8.GetBytes(json[..length]), null, trusted));

        for (var length = 0; length < genuine.Message.Length; length++)
            Assert.IsType<Refused>(TestQuote.Verify((genuine with { Message = genuine.Message[..length] }).ToJson(), null, trusted));

        for (var length = 0; length < genuine.Signature.Length; length++)
            Assert.IsType<Refused>(TestQuote.Verify((genuine with { Signature = genuine.Signature[..length] }).ToJson(), null, trusted));
    }

    [Fact]
    public void Swapped_registers_are_not_verified()
    {
        var genuine = TpmEvidence.Parse(TpmVectors.Read("coco-evidence/rsa_all.json"));
        byte[][] swapped = [.. genuine.Pcrs];
        (swapped[8], swapped[16]) = (swapped[16], swapped[8]);

        var verdict = TestQuote.Verify((genuine with { Pcrs = swapped }).ToJson(), null, TpmKeyEndorsement.Enrolled(genuine.AkPublic));

        Assert.Equal(["tpm.quote.pcr_digest"], TestQuote.Failures(verdict));
    }
}
