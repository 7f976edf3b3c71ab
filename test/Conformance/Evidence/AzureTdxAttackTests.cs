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
