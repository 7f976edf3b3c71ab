using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nvidia;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Nvidia;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// Attacks on the evidence of NVIDIA devices, each refused by the check that is there for it; mutations of genuine reports never
/// verify.
/// </summary>
[Trait("Group", "EvidenceNvidia")]
public sealed class NvidiaAttackTests
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NvidiaVerifier s_verifier = new(new());

    [Fact]
    public async Task A_genuine_gpu_verifies()
    {
        var verified = Assert.IsType<Verified>(await VerifyAsync(Report(), Chain(), Report()[4..36]));
        var one = Assert.Single(verified.Claims);
        Assert.Equal(("nvidia", "gpu"), (one.Tee, one.TeeClass));
        Assert.Equal("Hopper", (string?)one.Claims["arch"]);
        Assert.Equal("96.00.9F.00.01", (string?)one.Claims["x-nvidia-gpu-vbios-version"]);
        Assert.True((bool?)one.Claims["x-nvidia-gpu-attestation-report-nonce-match"]);
    }

    [Fact]
    public async Task Refuses_another_nonce_and_one_too_short()
    {
        var nonce = Report()[4..36];
        nonce[31] ^= 1;
        RequireOnly(await VerifyAsync(Report(), Chain(), nonce), "nvidia.report.nonce");
        RequireOnly(await VerifyAsync(Report(), Chain(), Report()[4..35]), "nvidia.report.nonce");
        RequireOnly(await VerifyAsync(Report(), Chain(), []), "nvidia.report.nonce");
    }

    [Fact]
    public async Task A_longer_digest_is_cut_to_the_nonce_as_guests_do() =>
        Assert.IsType<Verified>(await VerifyAsync(Report(), Chain(), [.. Report()[4..36], .. new byte[16]]));

    [Fact]
    public async Task Refuses_the_certificates_of_another_gpu() =>
        Assert.Equal(
            ["nvidia.report.signature", "nvidia.report.fwid"],
            Failures(await VerifyAsync(Report(), Text("nvidia/trustee/hopper_coco_certs1.txt"))));

    [Fact]
    public async Task Refuses_a_leaf_of_one_gpu_under_the_boot_rom_of_another()
    {
        var (ours, theirs) = (PemCertificates.Parse(Chain()), PemCertificates.Parse(Text("nvidia/trustee/hopper_coco_certs1.txt")));
        RequireOnly(await VerifyAsync(Report(), Pem([ours[0], .. theirs.Skip(1)])), "nvidia.chain.issuance");
    }

    [Fact]
    public async Task Refuses_chains_that_are_cut_or_swollen()
    {
        var chain = PemCertificates.Parse(Chain());
        RequireOnly(await VerifyAsync(Report(), Pem(chain.Take(4))), "nvidia.chain.shape");
        RequireOnly(await VerifyAsync(Report(), Pem([.. chain.Take(2), .. chain.Skip(3)])), "nvidia.chain.shape");
        RequireOnly(await VerifyAsync(Report(), Pem([.. chain, chain[4]])), "nvidia.chain.shape");
        RequireOnly(await VerifyAsync(Report(), ""), "nvidia.chain.format");
        RequireOnly(await VerifyAsync(Report(), Chain() + "\n\n" + Chain()), "nvidia.chain.format");
    }

    [Fact]
    public async Task Refuses_before_the_certificates_are_valid_even_when_the_chain_is_known()
    {
        Assert.IsType<Verified>(await VerifyAsync(Report(), Chain()));
        RequireOnly(await VerifyAsync(Report(), Chain(), at: new(2021, 11, 4, 0, 0, 0, TimeSpan.Zero)), "nvidia.chain.validity");
    }

    [Fact]
    public async Task Refuses_a_chain_of_the_right_shape_under_another_root()
    {
        var (report, pem, root) = Forge();
        RequireOnly(await VerifyAsync(report, pem), "nvidia.chain.root");

        // It is the root alone that is wrong with it.
        Assert.IsType<Verified>(await new NvidiaVerifier(new() { RootKey = root }).VerifyReportAsync(
            report, pem, new() { Evidence = default, At = s_at }, default));
    }

    [Fact]
    public async Task Refuses_another_root_that_calls_itself_nvidias_with_genuine_certificates_below()
    {
        var (_, forged, _) = Forge();
        var pem = Pem([.. PemCertificates.Parse(Chain()).Take(4), PemCertificates.Parse(forged)[4]]);
        Assert.Equal(["nvidia.chain.root", "nvidia.chain.issuance"], Failures(await VerifyAsync(Report(), pem)));
    }

    [Fact]
    public async Task Refuses_a_report_of_other_firmware_than_was_certified()
    {
        var (report, pem, root) = Forge(fwid => fwid[0] ^= 1);
        var verdict = await new NvidiaVerifier(new() { RootKey = root }).VerifyReportAsync(
            report, pem, new() { Evidence = default, At = s_at }, default);
        RequireOnly(verdict, "nvidia.report.fwid");
    }

    [Fact]
    public async Task Refuses_a_device_under_a_false_name()
    {
        var evidence = Evidence();
        evidence["device_evidence_list"]![0]!["arch"] = "BLACKWELL";
        RequireOnly(await VerifyAsync(evidence), "nvidia.device.arch");
    }

    [Fact]
    public async Task Refuses_one_device_sent_twice()
    {
        var evidence = Evidence();
        evidence["device_evidence_list"]!.AsArray().Add(evidence["device_evidence_list"]![0]!.DeepClone());
        RequireOnly(await VerifyAsync(evidence), "nvidia.evidence.distinct");
    }

    [Fact]
    public async Task One_bad_device_refuses_all()
    {
        var evidence = Evidence();
        var second = evidence["device_evidence_list"]![0]!.DeepClone();
        second["certificate"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(Text("nvidia/trustee/hopper_coco_certs1.txt")));
        evidence["device_evidence_list"]!.AsArray().Add(second);
        Assert.Contains("nvidia.report.signature", Failures(await VerifyAsync(evidence)));
    }

    [Theory]
    [InlineData(0x00, 0x12)] // SPDM version of the request
    [InlineData(0x01, 0xe1)] // its code
    [InlineData(0x02, 0x00)] // no signature asked for
    [InlineData(0x25, 0x10)] // SPDM version of the response
    [InlineData(0x26, 0x7f)] // its code: an error
    [InlineData(0x29, 0x3f)] // one block fewer than there are
    [InlineData(0x29, 0x41)] // one more
    [InlineData(0x2a, 0xbf)] // a shorter record
    [InlineData(0x2c, 0xff)] // a record of 16 MiB
    [InlineData(0x2d, 0x02)] // the first block's index is that of the second
    [InlineData(0x2e, 0x02)] // another measurement specification
    [InlineData(0x2f, 0xff)] // a longer measurement
    [InlineData(0x32, 0x2f)] // a shorter value in a measurement of the same length
    [InlineData(0xe0e, 0xff)] // longer opaque data
    [InlineData(0xe11, 0xff)] // a first item that reaches beyond it
    [InlineData(0xe0f, 0xff)] // which is the invalid one
    public async Task Refuses_lengths_that_lie_and_codes_of_other_messages(int offset, byte value)
    {
        var report = Report();
        Assert.NotEqual(value, report[offset]);
        report[offset] = value;
        RequireOnly(await VerifyAsync(report, Chain()), "nvidia.evidence.format");
    }

    [Fact]
    public async Task Refuses_an_item_that_occurs_twice()
    {
        var report = Report();
        var opaque = NvidiaReport.Parse(report).Spdm.Signed.Length - NvidiaReport.Parse(report).Spdm.OpaqueData.Length;
        Assert.Equal(14, report[opaque + 12]);
        report[opaque + 12] = 6;
        RequireOnly(await VerifyAsync(report, Chain()), "nvidia.evidence.format");
    }

    [Fact]
    public async Task Refuses_trailing_bytes_but_few_zeros()
    {
        Assert.IsType<Verified>(await VerifyAsync([.. Report(), 0], Chain()));
        RequireOnly(await VerifyAsync([.. Report(), 1], Chain()), "nvidia.evidence.format");
        RequireOnly(await VerifyAsync([.. Report(), .. new byte[16]], Chain()), "nvidia.evidence.format");
        RequireOnly(await VerifyAsync([.. Report(), .. Report()], Chain()), "nvidia.evidence.format");
    }

    [Fact]
    public async Task Refuses_signatures_out_of_range()
    {
        foreach (var (from, value) in ((int, byte)[])[(0, 0), (48, 0), (0, 0xff), (48, 0xff)])
        {
            var report = Report();
            report.AsSpan(report.Length - 96 + from, 48).Fill(value);
            RequireOnly(await VerifyAsync(report, Chain()), "nvidia.report.signature");
        }
    }

    [Fact]
    public async Task No_flipped_bit_of_a_report_verifies()
    {
        var (report, chain) = (SwitchReport(), Text("nvidia/sdk/switchCertChain.txt"));
        Assert.IsType<Verified>(await VerifyAsync(report, chain));
        await Parallel.ForAsync(0, 8 * report.Length, async (bit, _) =>
        {
            var flipped = (byte[])report.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(await VerifyAsync(flipped, chain) is Refused, $"bit {bit}");
        });
    }

    [Fact]
    public async Task No_truncation_verifies()
    {
        var (report, chain) = (Report(), Chain().TrimEnd());
        for (var length = 0; length < report.Length; length++)
            Assert.IsType<Refused>(await VerifyAsync(report[..length], chain));
        for (var length = 0; length < chain.Length; length++)
            Assert.IsType<Refused>(await VerifyAsync(report, chain[..length]));
    }

    [Theory]
    [InlineData("{\"device_evidence_list\":[]}")]
    [InlineData("{\"device_evidence_list\":{}}")]
    [InlineData("{\"device_evidence_list\":[null]}")]
    [InlineData("{\"device_evidence_list\":[{\"arch\":\"HOPPER\",\"evidence\":\"zz\",\"certificate\":\"\"}]}")]
    [InlineData("{\"device_evidence_list\":[{\"arch\":\"AMPERE\",\"evidence\":\"\",\"certificate\":\"\"}]}")]
    [InlineData("{\"device_evidence_list\":[],\"device_evidence_list\":[]}")]
    [InlineData("[]")]
    public async Task Refuses_json_that_is_not_the_evidence(string json) =>
        RequireOnly(await VerifyAsync(Encoding.UTF8.GetBytes(json)), "nvidia.evidence.format");

    private static async Task<Verdict> VerifyAsync(byte[] report, string chain, byte[]? reportData = null, DateTimeOffset? at = null) =>
        await s_verifier.VerifyReportAsync(report, chain, new() { Evidence = default, At = at ?? s_at, ReportData = reportData }, default);

    private static async Task<Verdict> VerifyAsync(JsonObject json) => await VerifyAsync(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static async Task<Verdict> VerifyAsync(byte[] json) =>
        await s_verifier.VerifyAsync(new() { Evidence = json, At = s_at }, default);

    private static string[] Failures(Verdict verdict) => [.. Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id)];

    private static void RequireOnly(Verdict verdict, string id) => Assert.Equal([id], Failures(verdict));

    private static JsonObject Evidence() => new JsonObject
    {
        ["device_evidence_list"] = new JsonArray(new JsonObject
        {
            ["arch"] = "HOPPER",
            ["evidence"] = Convert.ToBase64String(Report()),
            ["certificate"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(Chain().TrimEnd())),
        }),
    };

    /// <summary>A report that differs from a genuine one only in the keys above it: same names, same extensions, same firmware.</summary>
    private static (byte[] Report, string Pem, string RootKey) Forge(Action<byte[]>? changeFwid = null)
    {
        var genuine = PemCertificates.Parse(Chain());
        var keys = genuine.Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP384)).ToArray();
        var forged = new Certificate[genuine.Count];
        for (var i = genuine.Count - 1; i >= 0; i--)
        {
            var request = new CertificateRequest(new X500DistinguishedName(genuine[i].Subject.Raw.Span), keys[i], HashAlgorithmName.SHA384);
            using var original = X509CertificateLoader.LoadCertificate(genuine[i].Raw.Span);
            foreach (var extension in original.Extensions)
                request.CertificateExtensions.Add(extension);

            var issuer = Math.Min(i + 1, genuine.Count - 1);
            using var made = request.Create(
                new X500DistinguishedName(genuine[i].Issuer.Raw.Span), X509SignatureGenerator.CreateForECDsa(keys[issuer]),
                genuine[i].NotBefore, genuine[i].NotAfter, [1, (byte)i]);
            forged[i] = Certificate.Parse(made.RawData);
        }

        var report = Report();
        var fwid = NvidiaReport.Parse(report).Find(NvidiaOpaqueField.Fwid)!;
        var at = report.AsSpan().IndexOf(fwid);
        changeFwid?.Invoke(fwid);
        fwid.CopyTo(report, at);
        keys[0].SignData(report.AsSpan(0, report.Length - 96), HashAlgorithmName.SHA384,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
            .CopyTo(report, report.Length - 96);
        var root = VerificationKey.Digest(forged[^1].SubjectPublicKeyInfo.Span);
        Array.ForEach(keys, key => key.Dispose());
        return (report, Pem(forged), root);
    }

    private static string Pem(IEnumerable<Certificate> chain) =>
        string.Join('\n', chain.Select(one => PemEncoding.WriteString("CERTIFICATE", one.Raw.Span)));

    private static byte[] Report() => Convert.FromHexString(Text("nvidia/trustee/hopperAttestationReport.txt").Trim());

    private static byte[] SwitchReport() => Convert.FromHexString(Text("nvidia/sdk/switchAttestationReport.txt").Trim());

    private static string Chain() => Text("nvidia/trustee/hopper_cert_chain_case1.txt");

    private static string Text(string path) => Encoding.ASCII.GetString(SharedVectors.Read(path));
}
