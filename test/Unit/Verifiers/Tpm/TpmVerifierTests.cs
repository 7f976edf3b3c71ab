using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.UnitTests.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

[Trait("Group", "Tpm")]
public sealed class TpmVerifierTests : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);

    public void Dispose() => _rsa.Dispose();

    [Theory]
    [InlineData("coco-evidence/rsa_all.json")]
    [InlineData("coco-evidence/ecc_all.json")]
    public void Genuine_evidence_of_a_trusted_key_is_verified(string file)
    {
        var expected = Convert.FromHexString("1b2c56b8e83e30b6e8f46d4daaee7b53d571bf513634a2193f9fb2f29137ccb4");
        var initData = SHA256.HashData("initdata-example"u8);
        var json = TpmVectors.Read(file);

        var verified = Assert.IsType<Verified>(TestQuote.Verify(json, expected, Enrolled(json), initData));

        var claims = Assert.Single(verified.Claims);
        Assert.Equal(("tpm", "cpu"), (claims.Tee, claims.TeeClass));
        Assert.Equal("f42504449b353325a94f8891d0d6801056eba90f2d6365b8f57f1503d3a3b227", (string?)claims.Claims["pcr16"]);
        Assert.Equal((string?)claims.Claims["pcr08"], (string?)claims.Claims["init_data"]);
        Assert.Equal("enrolled", (string?)claims.Claims["ak_trust"]);
        Assert.Equal(1u, (uint?)claims.Claims["reset_count"]);
        Assert.Equal("2019102300163636", (string?)claims.Claims["firmware_version"]);
        Assert.False(claims.Claims.ContainsKey("ek_certificate_sha256"));
        Assert.All(verified.Checks, check => Assert.Equal(CheckOutcome.Passed, check.Outcome));
        Assert.Equal(
            [
                "tpm.evidence.format", "tpm.quote.magic", "tpm.quote.type", "tpm.ak.trust", "tpm.ak.strength", "tpm.quote.signature",
                "tpm.quote.extra_data", "tpm.quote.selection", "tpm.quote.pcr_digest", "tpm.init_data",
            ],
            verified.Checks.Select(check => check.Id));
    }

    [Fact]
    public void The_padded_form_of_older_guests_binds_the_whole_digest()
    {
        var json = TpmVectors.Read("coco-evidence/trustee_tpm_evidence.json");
        var digest = Convert.FromHexString("a04182b506878d4f29b91ee606a71a0d3361ccf1b22db20c98adcaa537bea393ef0e41a18b3569ab678f1497fbc5c120");
        var other = digest.ToArray();
        other[^1] ^= 1;

        Assert.IsType<Verified>(TestQuote.Verify(json, digest, Enrolled(json)));
        Assert.Equal(["tpm.quote.extra_data"], TestQuote.Failures(TestQuote.Verify(json, other, Enrolled(json))));
        Assert.Equal(["tpm.quote.extra_data"], TestQuote.Failures(TestQuote.Verify(json, digest[..32], Enrolled(json))));
    }

    [Theory]
    [InlineData("coco-evidence/pcr_list_lies.json", "tpm.quote.pcr_digest")]
    [InlineData("coco-evidence/partial_selection_pcr8_unattested.json", "tpm.quote.selection")]
    public void Evidence_that_lies_about_registers_is_refused(string file, string check)
    {
        var json = TpmVectors.Read(file);

        Assert.Equal([check], TestQuote.Failures(TestQuote.Verify(json, reportData: null, Enrolled(json))));
    }

    [Fact]
    public void A_key_that_nobody_vouches_for_is_refused_whatever_it_signs()
    {
        var evidence = new TestQuote().Sign(_rsa).ToJson();

        var refused = Assert.IsType<Refused>(TestQuote.Verify(evidence, TestQuote.ReportData, endorsement: null));

        var failure = Assert.Single(refused.Failures);
        Assert.Equal("tpm.ak.trust", failure.Id);
        Assert.Contains("not proven to live in a TPM", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_other_than_the_one_vouched_for_is_refused()
    {
        using var other = RSA.Create(2048);
        var evidence = new TestQuote().Sign(_rsa).ToJson();
        var endorsement = TpmKeyEndorsement.Enrolled(other.ExportSubjectPublicKeyInfo());

        Assert.Equal(["tpm.ak.trust"], TestQuote.Failures(TestQuote.Verify(evidence, TestQuote.ReportData, endorsement)));
        Assert.Equal(["tpm.ak.trust"], TestQuote.Failures(TestQuote.Verify(evidence, TestQuote.ReportData, new OtherEndorsement())));
    }

    [Fact]
    public void A_signature_by_another_key_is_refused()
    {
        using var other = RSA.Create(2048);
        var evidence = new TestQuote().Sign(_rsa) with { AkPublic = other.ExportSubjectPublicKeyInfo() };

        Assert.Equal(["tpm.quote.signature"], TestQuote.Failures(TestQuote.Verify(evidence)));
    }

    [Fact]
    public void What_is_no_quote_is_refused()
    {
        Assert.Equal(["tpm.quote.magic"], TestQuote.Failures(TestQuote.Verify(new TestQuote { Magic = 0 }.Sign(_rsa))));
        Assert.Equal(["tpm.quote.type"], TestQuote.Failures(TestQuote.Verify(new TestQuote { Type = 0x8017 }.Sign(_rsa))));
        Assert.Equal(["tpm.evidence.format"], TestQuote.Failures(TestQuote.Verify("{}"u8.ToArray(), null, null)));
    }

    [Fact]
    public void Sixteen_registers_of_another_bank_do_not_pass_for_all_of_sha256()
    {
        // 16 × 48 bytes are 24 × 32: the digest over the list is right, and so is the signature.
        var evidence = new TestQuote { Selection = [new(TpmAlgorithm.Sha384, 0xffff)] }.Sign(_rsa);

        Assert.Equal(["tpm.quote.selection"], TestQuote.Failures(TestQuote.Verify(evidence)));
    }

    [Fact]
    public void The_selection_must_be_exactly_the_required_one()
    {
        TpmPcrSelection[][] wrong =
        [
            [], [new(TpmAlgorithm.Sha256, 0x00ff_fffe)], [new(TpmAlgorithm.Sha1, 0x00ff_ffff)],
            [TpmPcrSelection.AllSha256, new(TpmAlgorithm.Sha1, 0)], [new(TpmAlgorithm.Sha256, 0xff), new(TpmAlgorithm.Sha256, 0xffff00)],
        ];

        foreach (var selection in wrong)
            Assert.Equal(["tpm.quote.selection"], TestQuote.Failures(TestQuote.Verify(new TestQuote { Selection = selection }.Sign(_rsa))));
    }

    [Fact]
    public void The_digest_is_by_the_hash_of_the_signature()
    {
        var pcrs = new TestQuote().Pcrs.SelectMany(pcr => pcr).ToArray();

        Assert.IsType<Verified>(TestQuote.Verify(new TestQuote { Hash = TpmAlgorithm.Sha384 }.Sign(_rsa)));
        Assert.Equal(
            ["tpm.quote.pcr_digest"],
            TestQuote.Failures(TestQuote.Verify(new TestQuote { Hash = TpmAlgorithm.Sha384, PcrDigest = SHA256.HashData(pcrs) }.Sign(_rsa))));
    }

    [Fact]
    public void Sha1_signs_nothing() =>
        Assert.Equal(["tpm.quote.signature"], TestQuote.Failures(TestQuote.Verify(new TestQuote { Hash = TpmAlgorithm.Sha1 }.Sign(_rsa))));

    [Fact]
    public void Pss_and_both_curves_are_known()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.IsType<Verified>(TestQuote.Verify(new TestQuote { Scheme = TpmAlgorithm.RsaPss }.Sign(_rsa)));
        Assert.IsType<Verified>(TestQuote.Verify(new TestQuote { Scheme = TpmAlgorithm.RsaPss, Hash = TpmAlgorithm.Sha512 }.Sign(_rsa)));
        Assert.IsType<Verified>(TestQuote.Verify(new TestQuote().Sign(p256)));
        Assert.IsType<Verified>(TestQuote.Verify(new TestQuote { Hash = TpmAlgorithm.Sha384 }.Sign(p384)));
    }

    [Fact]
    public void Weak_keys_are_refused()
    {
        using var small = RSA.Create(1024);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);

        Assert.Contains("tpm.ak.strength", TestQuote.Failures(TestQuote.Verify(new TestQuote().Sign(small))));
        var unknown = new TestQuote().Sign(_rsa) with { AkPublic = p521.ExportSubjectPublicKeyInfo() };
        Assert.Contains("tpm.ak.strength", TestQuote.Failures(TestQuote.Verify(unknown)));
        Assert.Contains("tpm.ak.strength", TestQuote.Failures(TestQuote.Verify(unknown with { AkPublic = [1, 2, 3] })));
    }

    [Theory]
    [InlineData(48)]
    [InlineData(64)]
    public void A_longer_digest_is_compared_by_its_first_32_bytes_and_the_check_says_so(int length)
    {
        var digest = SHA512.HashData("report data"u8)[..length];
        var evidence = new TestQuote { ExtraData = digest[..32] }.Sign(_rsa);

        var verified = Assert.IsType<Verified>(TestQuote.Verify(evidence, digest));

        var check = Assert.Single(verified.Checks, check => check.Id == "tpm.quote.extra_data");
        Assert.Contains($"first 32 of {length} bytes", check.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_data_is_compared_whole()
    {
        byte[][] wrong = [[], TestQuote.ReportData[..31], [.. TestQuote.ReportData, 0], [.. TestQuote.ReportData, .. new byte[31]], new byte[32]];
        foreach (var extraData in wrong)
            Assert.Equal(["tpm.quote.extra_data"], TestQuote.Failures(TestQuote.Verify(new TestQuote { ExtraData = extraData }.Sign(_rsa))));

        Assert.Equal(
            ["tpm.quote.extra_data"], TestQuote.Failures(TestQuote.Verify(new TestQuote { ExtraData = new byte[32] }.Sign(_rsa), reportData: [])));
    }

    [Fact]
    public void Without_an_expectation_the_check_is_recorded_as_not_made()
    {
        var evidence = new TestQuote().Sign(_rsa);

        var verdict = TestQuote.Verify(evidence.ToJson(), reportData: null, TpmKeyEndorsement.Enrolled(evidence.AkPublic));

        Assert.Equal(
            ["tpm.quote.extra_data", "tpm.init_data"],
            Assert.IsType<Verified>(verdict).Checks.Where(check => check.Outcome == CheckOutcome.NotMade).Select(check => check.Id));
    }

    [Fact]
    public void All_failures_are_reported_at_once()
    {
        var evidence = new TestQuote { ExtraData = [1], Selection = [] }.Sign(_rsa);
        evidence.Message[^1] ^= 1;

        Assert.Equal(
            ["tpm.ak.trust", "tpm.quote.signature", "tpm.quote.extra_data", "tpm.quote.selection", "tpm.init_data"],
            TestQuote.Failures(TestQuote.Verify(evidence.ToJson(), TestQuote.ReportData, endorsement: null, initData: new byte[32])));
    }

    private static TpmKeyEndorsement Enrolled(byte[] json) => TpmKeyEndorsement.Enrolled(TpmEvidence.Parse(json).AkPublic);

    private sealed class OtherEndorsement : IKeyEndorsement;
}
