using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Attesters.Tpm;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.EndToEndTests.Tpm;

/// <summary>A machine with a TPM proves its key and its state to a server that knows only the TPM's maker.</summary>
[Trait("Group", "Tpm")]
public sealed class TpmAttestationTests(SwtpmFixture tpms) : IClassFixture<SwtpmFixture>
{
    private static readonly byte[] s_reportData = SHA256.HashData("a challenge"u8);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData(TpmAttestationKeyKind.Rsa2048, TpmEndorsementKeyKind.Rsa2048)]
    [InlineData(TpmAttestationKeyKind.EccP256, TpmEndorsementKeyKind.Rsa2048)]
    [InlineData(TpmAttestationKeyKind.Rsa2048, TpmEndorsementKeyKind.EccP384)]
    public async Task A_tpm_of_a_known_maker_is_verified(TpmAttestationKeyKind attestationKey, TpmEndorsementKeyKind endorsementKey)
    {
        await using var attester = SwtpmFixture.Attester(
            tpms.First, new() { KeyKind = attestationKey, EndorsementKeyKind = endorsementKey });
        var endorsement = await EndorseAsync(attester);

        var verdict = await VerifyAsync(await attester.GetEvidenceAsync(s_reportData, CancellationToken.None), endorsement);

        var claims = Assert.Single(Assert.IsType<Verified>(verdict).Claims).Claims;
        Assert.Equal("credential-activation", (string?)claims["ak_trust"]);
        Assert.Equal(Convert.ToHexStringLower(s_reportData), (string?)claims["report_data"]);
        Assert.Equal(64, ((string?)claims["ek_certificate_sha256"])?.Length);
    }

    [Fact]
    public async Task The_same_tpm_signs_with_the_same_key_after_a_new_start_of_the_agent()
    {
        await using var before = SwtpmFixture.Attester(tpms.First);
        await using var after = SwtpmFixture.Attester(tpms.First);

        var first = await before.DescribeKeyAsync(CancellationToken.None);
        var second = await after.DescribeKeyAsync(CancellationToken.None);

        Assert.Equal(first.AkPublic, second.AkPublic);
    }

    [Theory]
    [InlineData(0x01c0_0002u, false)]
    [InlineData(0x01c0_0016u, true)]
    public async Task The_default_templates_make_the_certified_endorsement_keys(uint certificateIndex, bool ecc)
    {
        await using var device = SwtpmFixture.Device(tpms.First);
        var stored = await device.NvReadAsync(certificateIndex, CancellationToken.None);
        using var certificate = X509CertificateLoader.LoadCertificate(stored!);

        var template = ecc ? TpmTemplate.EkP384() : TpmTemplate.EkRsa2048();
        var (handle, key) = await device.CreatePrimaryAsync(TpmHierarchy.Endorsement, template, CancellationToken.None);
        await device.FlushContextAsync(handle, CancellationToken.None);

        Assert.Equal(certificate.PublicKey.ExportSubjectPublicKeyInfo(), key.ToSubjectPublicKeyInfo());
    }

    [Fact]
    public async Task Nothing_stays_loaded_in_the_tpm()
    {
        await using var device = SwtpmFixture.Device(tpms.First);
        await using (var attester = SwtpmFixture.Attester(tpms.First))
        {
            await EndorseAsync(attester);
            await attester.GetEvidenceAsync(s_reportData, CancellationToken.None);
            Assert.Empty(await device.GetHandlesAsync(0x8000_0000, CancellationToken.None));
        }

        Assert.Empty(await device.GetHandlesAsync(0x8000_0000, CancellationToken.None));
        Assert.Empty(await device.GetHandlesAsync(0x0300_0000, CancellationToken.None));
    }

    [Fact]
    public async Task Many_callers_of_one_attester_take_turns()
    {
        await using var attester = SwtpmFixture.Attester(tpms.First);
        var endorsement = await EndorseAsync(attester);

        var evidence = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => attester.GetEvidenceAsync(s_reportData, CancellationToken.None).AsTask()));

        foreach (var one in evidence)
            Assert.IsType<Verified>(await VerifyAsync(one, endorsement));
    }

    [Fact]
    public async Task A_tpm_of_an_unknown_maker_is_refused()
    {
        await using var attester = SwtpmFixture.Attester(tpms.Foreign);
        var offer = await attester.DescribeKeyAsync(CancellationToken.None);

        var refused = Assert.IsType<TpmCredentialChallenge.Refused>(TpmCredentialChallenge.Create(offer, tpms.Roots, Now));

        Assert.Equal(["tpm.ek.chain"], refused.Failures.Select(check => check.Id));
    }

    [Fact]
    public async Task A_quote_by_another_tpm_is_refused_though_both_are_genuine()
    {
        await using var first = SwtpmFixture.Attester(tpms.First);
        await using var second = SwtpmFixture.Attester(tpms.Second);
        var endorsement = await EndorseAsync(first);

        var verdict = await VerifyAsync(await second.GetEvidenceAsync(s_reportData, CancellationToken.None), endorsement);

        Assert.Equal(["tpm.ak.trust"], Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id));
    }

    [Fact]
    public async Task A_credential_for_another_tpms_key_opens_in_neither()
    {
        await using var first = SwtpmFixture.Attester(tpms.First);
        await using var second = SwtpmFixture.Attester(tpms.Second);
        var mixed = await first.DescribeKeyAsync(CancellationToken.None)
            with
        { AkPublic = (await second.DescribeKeyAsync(CancellationToken.None)).AkPublic };
        var issued = Assert.IsType<TpmCredentialChallenge.Issued>(TpmCredentialChallenge.Create(mixed, tpms.Roots, Now));

        await Assert.ThrowsAsync<TpmException>(() => first.ActivateAsync(issued.Credential, CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<TpmException>(() => second.ActivateAsync(issued.Credential, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task A_key_made_up_outside_the_tpm_is_never_endorsed()
    {
        await using var attester = SwtpmFixture.Attester(tpms.First);
        var offer = await attester.DescribeKeyAsync(CancellationToken.None);
        using var madeUp = RSA.Create(2048);

        // The public area says everything an honest one says; only the number is another's.
        var forged = offer.AkPublic.ToArray();
        madeUp.ExportParameters(false).Modulus!.CopyTo(forged, forged.Length - 256);
        var issued = Assert.IsType<TpmCredentialChallenge.Issued>(
            TpmCredentialChallenge.Create(offer with { AkPublic = forged }, tpms.Roots, Now));

        var error = await Assert.ThrowsAsync<TpmException>(() => attester.ActivateAsync(issued.Credential, CancellationToken.None).AsTask());
        Assert.Equal(TpmCommandCode.ActivateCredential, error.Command);
        Assert.Equal(0x09Fu, error.BareCode);
    }

    [Fact]
    public async Task A_proof_for_another_handshake_is_not_taken()
    {
        await using var attester = SwtpmFixture.Attester(tpms.First);
        var issued = await ChallengeAsync(attester);
        using var secret = await attester.ActivateAsync(issued.Credential, CancellationToken.None);

        Assert.Null(issued.Key.Endorse(TpmCredentialProof.Compute(secret, SHA256.HashData("another"u8)), s_reportData));
        Assert.NotNull(issued.Key.Endorse(TpmCredentialProof.Compute(secret, s_reportData), s_reportData));
    }

    [Fact]
    public async Task An_extended_register_shows_in_the_claims_and_binds_init_data()
    {
        var digest = SHA256.HashData("init data"u8);
        await using var device = SwtpmFixture.Device(tpms.Second);
        await using var attester = SwtpmFixture.Attester(tpms.Second);
        await device.PcrExtendAsync(8, digest, CancellationToken.None);
        var endorsement = await EndorseAsync(attester);
        var evidence = await attester.GetEvidenceAsync(s_reportData, CancellationToken.None);

        var verified = Assert.IsType<Verified>(await VerifyAsync(evidence, endorsement, digest));
        var refused = Assert.IsType<Refused>(await VerifyAsync(evidence, endorsement, SHA256.HashData("other init data"u8)));

        var expected = Convert.ToHexStringLower(SHA256.HashData([.. new byte[32], .. digest]));
        Assert.Equal(expected, (string?)verified.Claims[0].Claims["pcr08"]);
        Assert.Equal(["tpm.init_data"], refused.Failures.Select(check => check.Id));
    }

    [Fact]
    public async Task Report_data_that_does_not_fit_is_refused_by_the_guest()
    {
        await using var attester = SwtpmFixture.Attester(tpms.First);

        await Assert.ThrowsAsync<ArgumentException>(() => attester.GetEvidenceAsync(new byte[48], CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task A_credential_made_by_the_tpm_has_the_shape_of_ours_and_opens_the_same_way()
    {
        await using var attester = SwtpmFixture.Attester(tpms.First);
        await using var device = SwtpmFixture.Device(tpms.First);
        var ours = (await ChallengeAsync(attester)).Credential;
        var name = TpmPublic.Parse((await attester.DescribeKeyAsync(CancellationToken.None)).AkPublic).Name();
        var secret = RandomNumberGenerator.GetBytes(32);

        var theirs = await device.MakeCredentialAsync(0x8101_0001, secret, name, CancellationToken.None);
        using var opened = await attester.ActivateAsync(theirs, CancellationToken.None);

        Assert.Equal((ours.CredentialBlob.Length, ours.EncryptedSecret.Length), (theirs.CredentialBlob.Length, theirs.EncryptedSecret.Length));
        Assert.Equal(secret, opened.Reveal().ToArray());
    }

    private async Task<TpmCredentialChallenge.Issued> ChallengeAsync(TpmAttester attester)
    {
        var sent = (await attester.DescribeKeyAsync(CancellationToken.None)).ToJson().ToJsonString();
        var offer = TpmKeyOffer.Parse(Encoding.UTF8.GetBytes(sent));
        return Assert.IsType<TpmCredentialChallenge.Issued>(TpmCredentialChallenge.Create(offer, tpms.Roots, Now));
    }

    private async Task<TpmKeyEndorsement> EndorseAsync(TpmAttester attester)
    {
        var issued = await ChallengeAsync(attester);
        using var secret = await attester.ActivateAsync(issued.Credential, CancellationToken.None);
        return issued.Key.Endorse(TpmCredentialProof.Compute(secret, s_reportData), s_reportData)
            ?? throw new InvalidOperationException("the proof does not match");
    }

    private static ValueTask<Verdict> VerifyAsync(byte[] evidence, IKeyEndorsement? endorsement, byte[]? initData = null) =>
        new TpmVerifier().VerifyAsync(
            new() { Evidence = evidence, At = Now, ReportData = s_reportData, InitDataDigest = initData, Endorsement = endorsement },
            CancellationToken.None);
}
