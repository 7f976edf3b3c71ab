using System.Text;
using System.Text.Json.Nodes;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Mutations of the genuine evidence of an Azure confidential VM on TDX never verify.</summary>
[Trait("Group", "EvidenceAzure")]
public sealed class AzureTdxAttackTests
{
    private const string Vector = "az-tdx-vtpm/evidence/trustee_evidence-v1.json";
    private const int TdReport = 0x20;

    private static readonly DateTimeOffset s_at = new(2025, 2, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] s_nonce = "challenge"u8.ToArray();
    private static readonly Lazy<AzTdxVtpmVerifier> s_verifier = new(
        () => new(new() { Collateral = new MemoryDcapCollateral(Collateral()) }));

    [Fact]
    public async Task The_genuine_evidence_verifies_for_its_challenge_alone()
    {
        var evidence = SharedVectors.Read(Vector);
        var claims = Assert.IsType<Verified>(await VerifyAsync(evidence, s_nonce)).Claims[0].Claims;
        Assert.Equal(Convert.ToHexStringLower(s_nonce), (string?)claims["report_data"]);
        Assert.Equal("OutOfDate", (string?)claims["tcb_status"]);
        Assert.Equal(24, claims["tpm"]!.AsObject().Count);
        Assert.NotNull(claims["quote"]!["body"]!["mr_td"]);
        Assert.Null(claims["uefi_event_logs"]);

        foreach (var other in (byte[][])[[], [1], [.. s_nonce, 0], s_nonce[..^1]])
            Assert.Equal(["azure.quote.extra_data"], Failures(await VerifyAsync(evidence, other)));
    }

    [Fact]
    public async Task No_flipped_bit_of_the_hcl_report_verifies() => await RequireRefusedAsync("hcl_report", 7, at =>

        // CPUSVN and MAC of the TDREPORT, which only the processor itself could check; the quote says the former too.
        at is >= TdReport + 16 and < TdReport + 32 or >= TdReport + 224 and < TdReport + 256);

    [Fact]
    public async Task No_flipped_bit_of_the_td_quote_verifies() => await RequireRefusedAsync("td_quote", 13, _ => false);

    [Theory]
    [InlineData("message")]
    [InlineData("signature")]
    public async Task No_flipped_bit_of_the_vtpms_quote_verifies(string member)
    {
        var json = JsonNode.Parse(SharedVectors.Read(Vector))!;
        var bytes = Convert.FromHexString(json["tpm_quote"]![member]!.GetValue<string>());
        for (var bit = 0; bit < 8 * bytes.Length; bit += 3)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            json["tpm_quote"]![member] = Convert.ToHexStringLower(bytes);
            Assert.True(await VerifyAsync(json) is Refused, $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public async Task No_truncation_verifies()
    {
        var json = SharedVectors.Read(Vector).TrimEnd();
        for (var length = 0; length < json.Length; length += 17)
            Assert.IsType<Refused>(await VerifyAsync(json[..length], reportData: null));
    }

    [Fact]
    public async Task Refuses_the_quote_of_another_td() => Assert.Equal(
        ["azure.hcl.binding", "azure.hcl.td_report"],
        Failures(await VerifyAsync(SharedVectors.Read("az-tdx-vtpm/derived/td_quote_of_other_vm.json"), s_nonce))
            .Where(id => id.StartsWith("azure.hcl", StringComparison.Ordinal)));

    [Fact]
    public async Task Refuses_evidence_of_the_other_kind_of_vm()
    {
        var snp = SharedVectors.Read("az-snp-vtpm/evidence/trustee_evidence-v1.json");
        Assert.Equal(["azure.evidence.format"], Failures(await VerifyAsync(snp, reportData: null)));
        var asSnp = await new AzSnpVtpmVerifier(new()).VerifyAsync(new() { Evidence = SharedVectors.Read(Vector), At = s_at }, default);
        Assert.Equal(["azure.evidence.format"], Failures(asSnp));
    }

    [Fact]
    public async Task Refuses_init_data_that_no_register_holds()
    {
        var submission = new EvidenceSubmission { Evidence = SharedVectors.Read(Vector), At = s_at, InitDataDigest = new byte[32] };
        Assert.Equal(["azure.init_data"], Failures(await s_verifier.Value.VerifyAsync(submission, default)));
    }

    [Fact]
    public async Task Refuses_without_collateral()
    {
        var verdict = await new AzTdxVtpmVerifier(new()).VerifyAsync(new() { Evidence = SharedVectors.Read(Vector), At = s_at }, default);
        Assert.Equal(["dcap.collateral.present"], Failures(verdict));
    }

    private static async Task RequireRefusedAsync(string member, int step, Func<int, bool> isMeaningless)
    {
        var json = JsonNode.Parse(SharedVectors.Read(Vector))!;
        var text = json[member]!.GetValue<string>().TrimEnd('=').Replace('-', '+').Replace('_', '/');
        var bytes = Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        for (var bit = 0; bit < 8 * bytes.Length; bit += step)
        {
            if (isMeaningless(bit / 8))
                continue;

            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            json[member] = Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_');
            Assert.True(await VerifyAsync(json) is Refused, $"bit {bit} of {member}");
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    private static DcapCollateral Collateral()
    {
        const string Set = "dcap-collateral/z2501-00806f05/";
        return DcapCollateral.Parse(new()
        {
            TcbInfo = SharedVectors.Read(Set + "tcb_info.json").TrimEnd(),
            QeIdentity = SharedVectors.Read(Set + "qe_identity.json").TrimEnd(),
            TcbSigningChain = SharedVectors.Read(Set + "tcb_signing_chain.pem"),
            PckCrl = SharedVectors.Read(Set + "pck_crl.der"),
            RootCaCrl = SharedVectors.Read(Set + "root_ca_crl.der"),
        });
    }

    private static Task<Verdict> VerifyAsync(JsonNode json) => VerifyAsync(Encoding.UTF8.GetBytes(json.ToJsonString()), s_nonce);

    private static async Task<Verdict> VerifyAsync(byte[] evidence, byte[]? reportData) =>
        await s_verifier.Value.VerifyAsync(new() { Evidence = evidence, At = s_at, ReportData = reportData }, default);

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);
}
