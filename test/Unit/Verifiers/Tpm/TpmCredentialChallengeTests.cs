using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.UnitTests.Evidence.Tpm;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

[Trait("Group", "Tpm")]
public sealed class TpmCredentialChallengeTests : IDisposable
{
    private readonly TestEkAuthority _maker = new();
    private readonly RSA _endorsementKey = RSA.Create(2048);

    private static byte[] AttestationKey => TpmVectors.ReadSized("generated/akrsa.tpm2b_public");

    public void Dispose()
    {
        _maker.Dispose();
        _endorsementKey.Dispose();
    }

    [Fact]
    public void The_holder_of_an_rsa_endorsement_key_opens_the_credential()
    {
        var issued = Issue(_maker.Certify(Public(_endorsementKey)));

        Assert.Equal(issued.Key.Secret.Reveal().ToArray(), TestCredentialOpener.Open(_endorsementKey, Name, issued.Credential));
        Assert.Equal(TpmPublic.Parse(AttestationKey).ToSubjectPublicKeyInfo(), issued.Key.AttestationKey.ToArray());
        Assert.Equal(64, issued.Key.EkCertificateSha256.Length);
    }

    [Theory]
    [InlineData("nistP256", "SHA256", 32, 16)]
    [InlineData("nistP384", "SHA384", 48, 32)]
    public void The_holder_of_an_ecc_endorsement_key_opens_the_credential(string curve, string hash, int size, int aesBytes)
    {
        using var key = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName(curve));
        var issued = Issue(_maker.Certify(Public(key), keyUsage: X509KeyUsageFlags.KeyAgreement));

        var opened = TestCredentialOpener.Open(key, new HashAlgorithmName(hash), size, aesBytes, Name, issued.Credential);

        Assert.Equal(issued.Key.Secret.Reveal().ToArray(), opened);
    }

    [Fact]
    public void A_credential_is_bound_to_the_name_of_the_key()
    {
        var issued = Issue(_maker.Certify(Public(_endorsementKey)));
        var other = Name;
        other[^1] ^= 1;

        Assert.Null(TestCredentialOpener.Open(_endorsementKey, other, issued.Credential));
    }

    [Fact]
    public void No_two_credentials_are_alike()
    {
        var certificate = _maker.Certify(Public(_endorsementKey));
        var (first, second) = (Issue(certificate), Issue(certificate));

        Assert.NotEqual(first.Key.Secret.Reveal().ToArray(), second.Key.Secret.Reveal().ToArray());
        Assert.NotEqual(first.Credential.EncryptedSecret, second.Credential.EncryptedSecret);
    }

    [Fact]
    public void The_intermediate_may_come_from_the_guest_or_from_the_configuration()
    {
        var certificate = _maker.Certify(Public(_endorsementKey));

        Assert.IsType<TpmCredentialChallenge.Issued>(Create(_maker.RootAndIssuer, AttestationKey, certificate));
        Assert.IsType<TpmCredentialChallenge.Issued>(Create(_maker.Root, AttestationKey, certificate, _maker.Issuer));
        Assert.Equal(["tpm.ek.chain"], Failures(Create(_maker.Root, AttestationKey, certificate)));
    }

    [Fact]
    public void Without_roots_no_tpm_is_trusted() =>
        Assert.Equal(["tpm.ek.chain"], Failures(Create(EkRoots.None, AttestationKey, _maker.Certify(Public(_endorsementKey)), _maker.Issuer)));

    [Fact]
    public void A_root_that_the_guest_brings_along_is_not_trusted()
    {
        using var imposter = new TestEkAuthority();
        var root = imposter.RootAndIssuer.Roots[0].RawData;
        var certificate = imposter.Certify(Public(_endorsementKey));

        // Same names, other keys.
        Assert.Equal(["tpm.ek.chain"], Failures(Create(_maker.RootAndIssuer, AttestationKey, certificate, imposter.Issuer, root)));
    }

    [Fact]
    public void A_certificate_that_is_not_for_an_endorsement_key_is_refused()
    {
        byte[][] wrong =
        [
            _maker.Certify(Public(_endorsementKey), usage: "1.3.6.1.5.5.7.3.1"),
            _maker.Certify(Public(_endorsementKey), keyUsage: X509KeyUsageFlags.DigitalSignature),
            _maker.Certify(Public(_endorsementKey), isAuthority: true, keyUsage: X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.KeyEncipherment),
            _maker.Certify(Public(_endorsementKey), fromYear: -3, toYear: -1),
            _maker.Certify(Public(_endorsementKey), fromYear: 1, toYear: 3),
            [0x30, 0x03, 1, 2, 3],
            [],
        ];

        foreach (var certificate in wrong)
            Assert.Equal(["tpm.ek.chain"], Failures(Create(_maker.RootAndIssuer, AttestationKey, certificate)));

        Assert.Equal(["tpm.ek.chain"], Failures(Create(_maker.RootAndIssuer, AttestationKey)));
    }

    [Fact]
    public void A_certificate_without_an_extended_usage_is_taken() =>
        Assert.IsType<TpmCredentialChallenge.Issued>(
            Create(_maker.RootAndIssuer, AttestationKey, _maker.Certify(Public(_endorsementKey), usage: null)));

    [Fact]
    public void A_changed_certificate_is_refused()
    {
        var genuine = _maker.Certify(Public(_endorsementKey));

        for (var bit = 0; bit < genuine.Length * 8; bit += 5)
        {
            var changed = genuine.ToArray();
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Contains("tpm.ek.chain", Failures(Create(_maker.RootAndIssuer, AttestationKey, changed)));
        }
    }

    [Fact]
    public void An_endorsement_key_of_another_size_is_refused()
    {
        using var small = RSA.Create(1024);
        using var p521 = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);

        Assert.Equal(["tpm.ek.strength"], Failures(Create(_maker.RootAndIssuer, AttestationKey, _maker.Certify(Public(small)))));
        Assert.Equal(["tpm.ek.strength"], Failures(Create(_maker.RootAndIssuer, AttestationKey, _maker.Certify(Public(p521)))));
    }

    [Fact]
    public void An_unrestricted_key_is_refused_though_it_lives_in_the_tpm()
    {
        var unrestricted = TpmVectors.ReadSized("generated/unr.tpm2b_public");

        var challenge = Create(_maker.RootAndIssuer, unrestricted, _maker.Certify(Public(_endorsementKey)));

        Assert.Equal(["tpm.ak.attributes"], Failures(challenge));
    }

    [Theory]
    [InlineData(TpmKeyAttributes.FixedTpm)]
    [InlineData(TpmKeyAttributes.FixedParent)]
    [InlineData(TpmKeyAttributes.SensitiveDataOrigin)]
    [InlineData(TpmKeyAttributes.Restricted)]
    [InlineData(TpmKeyAttributes.Sign)]
    [InlineData(TpmKeyAttributes.Decrypt)]
    public void Every_attribute_counts(TpmKeyAttributes toggled)
    {
        var key = AttestationKey;
        for (var i = 0; i < 4; i++)
            key[4 + i] ^= (byte)((int)toggled >> (24 - 8 * i));

        Assert.Equal(["tpm.ak.attributes"], Failures(Create(_maker.RootAndIssuer, key, _maker.Certify(Public(_endorsementKey)))));
    }

    [Fact]
    public void A_public_area_that_does_not_parse_or_is_no_key_is_refused()
    {
        var certificate = _maker.Certify(Public(_endorsementKey));
        var offCurve = TpmVectors.ReadSized("generated/akecc.tpm2b_public");
        offCurve[^1] ^= 1;

        Assert.Equal(["tpm.ak.attributes"], Failures(Create(_maker.RootAndIssuer, [1, 2, 3], certificate)));
        Assert.Equal(["tpm.ak.strength"], Failures(Create(_maker.RootAndIssuer, offCurve, certificate)));
    }

    [Fact]
    public void Only_the_right_proof_endorses()
    {
        var issued = Issue(_maker.Certify(Public(_endorsementKey)));
        using var pending = new TpmPendingKey(SecretBytes.Copy(issued.Key.Secret.Reveal()), issued.Key.AttestationKey, issued.Key.EkCertificateSha256);
        var proof = TpmCredentialProof.Compute(issued.Key.Secret, TestQuote.ReportData);

        var endorsement = pending.Endorse(proof, TestQuote.ReportData);
        Assert.Equal("credential-activation", endorsement?.How);
        Assert.Equal(issued.Key.EkCertificateSha256, endorsement?.EkCertificateSha256);

        Assert.Null(pending.Endorse(proof, SHA256.HashData("another handshake"u8)));
        for (var bit = 0; bit < 256; bit++)
        {
            var changed = proof.Proof.ToArray();
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Null(pending.Endorse(new() { Proof = changed }, TestQuote.ReportData));
        }
    }

    [Fact]
    public void A_chain_that_was_proven_before_is_good_in_its_time_and_with_its_bytes_only()
    {
        var roots = _maker.RootAndIssuer;
        var certificate = _maker.Certify(Public(_endorsementKey));
        TpmCredentialChallenge At(int years, byte[] sent) => TpmCredentialChallenge.Create(
            new() { AkPublic = AttestationKey, EkCertificates = [sent] }, roots, TestEkAuthority.Now.AddYears(years));

        var first = Assert.IsType<TpmCredentialChallenge.Issued>(At(0, certificate));
        var again = Assert.IsType<TpmCredentialChallenge.Issued>(At(0, certificate));
        Assert.Equal(first.Checks, again.Checks);
        Assert.Equal(["tpm.ek.chain"], Failures(At(6, certificate)));
        Assert.Equal(["tpm.ek.chain"], Failures(At(-6, certificate)));

        var changed = (byte[])certificate.Clone();
        changed[^1] ^= 1;
        Assert.Equal(["tpm.ek.chain"], Failures(At(0, changed)));
        Assert.IsType<TpmCredentialChallenge.Issued>(At(0, certificate));
        Assert.Equal(1, roots.Proven.Count);
    }

    private static byte[] Name => TpmPublic.Parse(AttestationKey).Name();

    private TpmCredentialChallenge.Issued Issue(byte[] certificate) =>
        Assert.IsType<TpmCredentialChallenge.Issued>(Create(_maker.RootAndIssuer, AttestationKey, certificate));

    private static TpmCredentialChallenge Create(EkRoots roots, byte[] attestationKey, params byte[][] certificates) =>
        TpmCredentialChallenge.Create(new() { AkPublic = attestationKey, EkCertificates = certificates }, roots, TestEkAuthority.Now);

    private static string[] Failures(TpmCredentialChallenge challenge) =>
        [.. Assert.IsType<TpmCredentialChallenge.Refused>(challenge).Failures.Select(check => check.Id)];

    private static PublicKey Public(AsymmetricAlgorithm key) => PublicKey.CreateFromSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), out _);
}
