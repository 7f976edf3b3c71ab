using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.UnitTests.Evidence.Tpm;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

/// <summary>Quotes as files, with the verdict their manifest gives on signature and selection.</summary>
[Trait("Group", "Tpm")]
public sealed class TpmForgedQuoteTests
{
    [Theory]
    [InlineData("keylime/quote.out", "keylime/quotesig.out", "keylime/akpub.pem")]
    [InlineData("generated/rsassa_sha256_all.msg", "generated/rsassa_sha256_all.sig", "generated/akrsa.pem")]
    [InlineData("generated/rsassa_multibank.msg", "generated/rsassa_multibank.sig", "generated/akrsa.pem")]
    [InlineData("generated/rsassa_sha256_partial0_7.msg", "generated/rsassa_sha256_partial0_7.sig", "generated/akrsa.pem")]
    [InlineData("generated/ecdsa_p256_sha256_all.msg", "generated/ecdsa_p256_sha256_all.sig", "generated/akecc.pem")]
    [InlineData("generated/forged_unrestricted.msg", "generated/forged_unrestricted.sig", "generated/unrestricted.pem")]
    public void Every_signature_verifies_under_its_key_and_no_other(string message, string signature, string key)
    {
        Assert.True(Verify(message, signature, key));

        string[] keys = ["keylime/akpub.pem", "generated/akrsa.pem", "generated/akecc.pem", "generated/unrestricted.pem"];
        foreach (var other in keys.Where(other => other != key))
            Assert.False(Verify(message, signature, other));
    }

    [Fact]
    public void A_forged_quote_is_refused_because_nobody_can_vouch_for_its_key()
    {
        // All is right with it, only the key is not restricted and signs what it is given. So no challenge is ever issued for it
        // (TpmCredentialChallengeTests), and without an endorsement the verifier says no.
        var evidence = new TpmEvidence
        {
            Message = TpmVectors.Read("generated/forged_unrestricted.msg"),
            Signature = TpmVectors.Read("generated/forged_unrestricted.sig"),
            Pcrs = [.. Enumerable.Range(0, 24).Select(_ => new byte[32])],
            AkPublic = Spki("generated/unrestricted.pem"),
        };

        Assert.Equal(["tpm.ak.trust"], TestQuote.Failures(TestQuote.Verify(evidence.ToJson(), null, endorsement: null)));
    }

    private static bool Verify(string message, string signature, string key)
    {
        using var verificationKey = TpmVerificationKey.Read(Spki(key), out _);
        return verificationKey!.Verify(TpmSignature.Parse(TpmVectors.Read(signature)), TpmVectors.Read(message));
    }

    private static byte[] Spki(string file)
    {
        var pem = TpmVectors.ReadText(file);
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }
}
