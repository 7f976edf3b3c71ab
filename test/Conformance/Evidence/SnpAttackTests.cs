using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Evidence.Snp;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Snp;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Attacks on SEV-SNP evidence, each refused by the check that is there for it; mutations of a genuine report never verify.</summary>
[Trait("Group", "EvidenceSnp")]
public sealed class SnpAttackTests
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_genuine_report_verifies()
    {
        var verdict = await VerifyAsync(Report(), Vcek(), new());
        Assert.IsType<Verified>(verdict);
        Assert.Equal("4f4448c67f3c8dfc8de8a5e37125d807dadcc41f06cf23f615dbd52eec777d10", ((Verified)verdict).Claims[0].Claims["init_data"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("snp.report.debug", 0x0a, 0x08)]
    [InlineData("snp.report.policy", 0x0a, 0x02)]
    [InlineData("snp.report.vmpl", 0x30, 0x01)]
    [InlineData("snp.report.signature_algorithm", 0x34, 0x02)]
    [InlineData("snp.report.signing_key", 0x48, 0x1c)]
    [InlineData("snp.vek.chip_id", 0x1a0, 0x01)]
    [InlineData("snp.vek.tcb", 0x187, 0x01)]
    [InlineData("snp.report.tcb_order", 0x1e7, 0xff)]
    [InlineData("snp.report.signature", 0x90, 0x01)]
    public async Task A_changed_field_fails_its_own_check(string id, int offset, byte mask)
    {
        var report = Report();
        report[offset] ^= mask;
        RequireFailed(await VerifyAsync(report, Vcek(), new()), id);
    }

    [Fact]
    public async Task Refuses_a_masked_chip_id()
    {
        var report = Report();
        report.AsSpan(0x1a0, 64).Clear();
        RequireFailed(await VerifyAsync(report, Vcek(), new()), "snp.vek.chip_id");
        RequireFailed(await VerifyAsync(report, null, new()), "snp.vek.present");
    }

    [Fact]
    public async Task Refuses_a_policy_that_the_options_forbid() =>
        RequireFailed(await VerifyAsync(Report(), Vcek(), new() { AllowSmt = false }), "snp.report.smt");

    [Fact]
    public async Task Refuses_a_migratable_guest_where_the_options_forbid_it()
    {
        var report = Report();
        report[0x0a] |= 0x04;
        RequireFailed(await VerifyAsync(report, Vcek(), new() { AllowMigrationAgent = false }), "snp.report.migration");
    }

    [Fact]
    public async Task Refuses_firmware_older_than_required() =>
        RequireFailed(await VerifyAsync(Report(), Vcek(), new() { MinimumTcb = new(null, 4, 0, 24, 220) }), "snp.report.minimum_tcb");

    [Fact]
    public async Task Refuses_an_older_guest_than_required() =>
        RequireFailed(await VerifyAsync(Report(), Vcek(), new() { MinimumGuestSvn = 3 }), "snp.report.guest_svn");

    [Fact]
    public async Task Refuses_without_a_revocation_list_where_one_is_required() =>
        RequireFailed(await VerifyAsync(Report(), Vcek(), new() { RequireRevocationList = true }), "snp.vek.revocation");

    [Theory]
    [InlineData("2026-02-05T01:04:32Z")]
    [InlineData("2033-02-05T01:04:34Z")]
    public async Task Refuses_a_certificate_before_and_after_its_time(string at) =>
        RequireFailed(await VerifyAsync(Report(), Vcek(), new(), DateTimeOffset.Parse(at)), "snp.vek.validity");

    [Fact]
    public async Task Refuses_other_report_data_and_other_init_data()
    {
        var verdict = await new SnpVerifier(new()).VerifyReportAsync(
            Report(), Vcek(), new() { Evidence = default, At = s_at, ReportData = [1], InitDataDigest = [2] }, default);
        RequireFailed(verdict, "snp.report_data");
        RequireFailed(verdict, "snp.init_data");
    }

    [Fact]
    public async Task An_empty_or_over_long_expectation_binds_nothing()
    {
        foreach (var expected in (byte[][])[[], new byte[65]])
        {
            var verdict = await new SnpVerifier(new()).VerifyReportAsync(
                Report(), Vcek(), new() { Evidence = default, At = s_at, ReportData = expected }, default);
            RequireFailed(verdict, "snp.report_data");
        }
    }

    [Fact]
    public async Task Refuses_a_look_alike_chain_with_amds_names()
    {
        using var issuerKey = RSA.Create(2048);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var genuine = Certificate.Parse(Vcek());
        var request = new CertificateRequest(new X500DistinguishedName(genuine.Subject.Raw.Span), key, HashAlgorithmName.SHA384);
        using var genuineCertificate = X509CertificateLoader.LoadCertificate(Vcek());
        foreach (var extension in genuineCertificate.Extensions)
            request.CertificateExtensions.Add(extension);

        using var forged = request.Create(
            new X500DistinguishedName(genuine.Issuer.Raw.Span), X509SignatureGenerator.CreateForRSA(issuerKey, RSASignaturePadding.Pss),
            genuine.NotBefore, genuine.NotAfter, [1]);

        // A report that really is signed by the forged key.
        var report = Report();
        var signature = key.SignData(report.AsSpan(0, SnpReport.SignedSize), HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        report.AsSpan(SnpReport.SignedSize, 144).Clear();
        signature.AsSpan(0, 48).ToArray().Reverse().ToArray().CopyTo(report, SnpReport.SignedSize);
        signature.AsSpan(48).ToArray().Reverse().ToArray().CopyTo(report, SnpReport.SignedSize + 72);

        var verdict = await VerifyAsync(report, forged.RawData, new());
        Assert.Equal("snp.vek.issuer", Assert.Single(Assert.IsType<Refused>(verdict).Failures).Id);
    }

    [Fact]
    public async Task Refuses_numbers_of_a_signature_that_are_out_of_range()
    {
        var order = Convert.FromHexString(
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");
        Array.Reverse(order);
        foreach (var offset in (int[])[SnpReport.SignedSize, SnpReport.SignedSize + 72])
        {
            foreach (var number in (byte[][])[new byte[48], order, [.. Enumerable.Repeat((byte)0xff, 48)]])
            {
                var report = Report();
                number.CopyTo(report, offset);
                RequireFailed(await VerifyAsync(report, Vcek(), new()), "snp.report.signature");
            }

            // A number that is wider than the curve.
            var wide = Report();
            wide[offset + 48] = 1;
            RequireFailed(await VerifyAsync(wide, Vcek(), new()), "snp.evidence.format");
        }
    }

    [Fact]
    public async Task Refuses_a_certificate_that_is_not_der_or_too_long()
    {
        var vcek = Vcek();
        Assert.Equal(0x82, vcek[1]);
        foreach (var broken in (byte[][])[[.. vcek, 0], [0x30, 0x83, 0x00, .. vcek[2..]], [.. vcek, .. new byte[Certificate.MaxSize]]])
            RequireFailed(await VerifyAsync(Report(), broken, new()), "snp.vek.format");
    }

    [Fact]
    public async Task Refuses_the_certificate_of_another_chip_product_or_kind()
    {
        (string, string)[] others = [("snp/certs/msft_milan_vcek.pem", "snp.vek.chip_id"), ("az-snp-vtpm/parts/vcek-genoa.pem", "snp.vek.issuer")];
        foreach (var (path, id) in others)
        {
            var report = Report();
            report[0x1a0] ^= 1;
            var other = PemCertificates.Parse(Encoding.ASCII.GetString(Read(path)))[0].Raw.ToArray();
            RequireFailed(await VerifyAsync(report, other, new()), id);
        }
    }

    [Fact]
    public async Task No_truncation_verifies()
    {
        var (report, vcek) = (Report(), Vcek());
        for (var length = 0; length < report.Length; length++)
            Assert.IsType<Refused>(await VerifyAsync(report[..length], vcek, new()));
        for (var length = 0; length < vcek.Length; length++)
            Assert.IsType<Refused>(await VerifyAsync(report, vcek[..length], new()));

        var json = Read("snp/coco-evidence/milan_v3.json");
        for (var length = 0; length < json.TrimEnd().Length; length += 7)
            Assert.IsType<Refused>(await new SnpVerifier(new()).VerifyAsync(new() { Evidence = json.AsMemory(0, length), At = s_at }, default));
    }

    [Theory]
    [InlineData("\"version\":3", "\"version\":3, \"version\":3")]
    [InlineData("\"version\":3", "\"version\":3, \"future\":1")]
    [InlineData("\"vmpl\":0", "\"vmpl\":4294967296")]
    [InlineData("\"cert_type\":\"VCEK\"", "\"cert_type\":\"VLEK\"")]
    public async Task Refuses_json_that_is_not_exactly_the_evidence(string part, string replacement)
    {
        var json = Encoding.UTF8.GetString(Read("snp/coco-evidence/milan_v3.json"));
        Assert.Contains(part, json);
        Assert.IsType<Refused>(await new SnpVerifier(new()).VerifyAsync(
            new() { Evidence = Encoding.UTF8.GetBytes(json.Replace(part, replacement)), At = s_at }, default));
    }

    private static async Task<Verdict> VerifyAsync(byte[] report, byte[]? vcek, SnpOptions options, DateTimeOffset? at = null) =>
        await new SnpVerifier(options).VerifyReportAsync(report, vcek, new() { Evidence = default, At = at ?? s_at }, default);

    private static void RequireFailed(Verdict verdict, string id) => Assert.Contains(Assert.IsType<Refused>(verdict).Failures, check => check.Id == id);

    private static byte[] Report() => Read("snp/reports/msft_milan_report_v3.bin");

    private static byte[] Vcek() => PemCertificates.Parse(Encoding.ASCII.GetString(Read("snp/certs/msft_milan_vcek.pem")))[0].Raw.ToArray();

    private static byte[] Read(string path) => SharedVectors.Read(path);
}
