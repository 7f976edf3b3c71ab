using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Dcap;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Tdx;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Mutations of genuine quotes and of genuine collateral never verify.</summary>
[Trait("Group", "EvidenceDcap")]
public sealed class DcapAttackTests
{
    private const string Tdx = "tdx/quotes/gcp_cos113_tdx_quote.dat";
    private const string TdxCollateral = "dcap-collateral/a1025-00806f05/";
    private const string Sgx = "sgx/quotes/phala_sgx_quote.dat";
    private const string SgxCollateral = "dcap-collateral/phala-sgx-2025-06/";

    private static readonly DateTimeOffset s_tdxAt = new(2025, 10, 31, 14, 17, 11, TimeSpan.Zero);
    private static readonly DateTimeOffset s_sgxAt = new(2025, 7, 4, 10, 28, 44, TimeSpan.Zero);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_flipped_bit_of_a_quote_verifies(bool isTdx)
    {
        var (verify, quote) = Genuine(isTdx);
        Assert.IsType<Verified>(await verify(quote));
        for (var bit = 0; bit < 8 * quote.Length; bit++)
        {
            // The zeros of the buffer behind the quote are many and all treated alike.
            if (bit / 8 > EndOf(quote) + 16)
                break;

            quote[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.True(await verify(quote) is Refused, $"bit {bit}");
            quote[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_truncated_quote_verifies(bool isTdx)
    {
        // Zeros behind the quote are the host's buffer and no part of it: without them it is the same quote.
        var (verify, quote) = Genuine(isTdx);
        var end = EndOf(quote);
        for (var length = 0; length < end; length++)
            Assert.True(await verify(quote.AsMemory(0, length)) is Refused, $"length {length}");

        Assert.IsType<Verified>(await verify(quote.AsMemory(0, end)));
    }

    [Theory]
    [InlineData("tcb_info")]
    [InlineData("qe_identity")]
    [InlineData("pck_crl")]
    [InlineData("root_ca_crl")]
    public async Task No_changed_collateral_verifies(string part)
    {
        var genuine = Bytes(TdxCollateral);
        var original = part switch
        {
            "tcb_info" => genuine.TcbInfo,
            "qe_identity" => genuine.QeIdentity,
            "pck_crl" => genuine.PckCrl,
            _ => genuine.RootCaCrl,
        };
        var changed = original.ToArray();
        var quote = SharedVectors.Read(Tdx);
        for (var at = 0; at < changed.Length; at += 7)
        {
            changed[at] ^= 1;
            var bytes = part switch
            {
                "tcb_info" => genuine with { TcbInfo = changed },
                "qe_identity" => genuine with { QeIdentity = changed },
                "pck_crl" => genuine with { PckCrl = changed },
                _ => genuine with { RootCaCrl = changed },
            };
            Assert.False(await Verifies(bytes, quote), $"byte {at} of {part}");
            changed[at] ^= 1;
        }
    }

    [Theory]
    [InlineData("tcb_info_reserialised.json")]
    [InlineData("tcb_info_duplicate_key.json")]
    [InlineData("tcb_info_status_changed.json")]
    public async Task Takes_tcb_info_only_as_it_was_signed(string name) =>
        Assert.False(await Verifies(Bytes(TdxCollateral) with { TcbInfo = SharedVectors.Read($"dcap-collateral/derived/{name}") }, SharedVectors.Read(Tdx)));

    [Fact]
    public async Task Refuses_other_report_data_and_other_init_data()
    {
        var verifier = new TdxVerifier(Options(TdxCollateral));
        var submission = new EvidenceSubmission { Evidence = default, At = s_tdxAt, ReportData = [1], InitDataDigest = [2] };
        var verdict = await verifier.VerifyQuoteAsync(SharedVectors.Read(Tdx), null, submission, default);
        Assert.Equal(["tdx.report_data", "tdx.init_data"], Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id));
    }

    [Fact]
    public async Task Refuses_an_event_log_that_was_not_measured()
    {
        var json = JsonNode.Parse(SharedVectors.Read("tdx/coco-evidence/cos113_with_ccel.json"))!;
        var verifier = new TdxVerifier(Options(TdxCollateral));
        var log = Convert.FromBase64String(json["cc_eventlog"]!.GetValue<string>());

        // The first event that is measured begins behind the header event: its digest is what counts.
        var firstDigest = 32 + BitConverter.ToInt32(log, 28) + 14;
        log[firstDigest] ^= 1;
        json["cc_eventlog"] = Convert.ToBase64String(log);
        var verdict = await verifier.VerifyAsync(new() { Evidence = Encoding.UTF8.GetBytes(json.ToJsonString()), At = s_tdxAt }, default);
        Assert.All(Assert.IsType<Refused>(verdict).Failures, check => Assert.StartsWith("tdx.event_log.", check.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Speaks_of_the_other_tee_as_malformed()
    {
        var submission = new EvidenceSubmission { Evidence = default, At = s_tdxAt };
        var asSgx = await new SgxVerifier(Options(SgxCollateral)).VerifyQuoteAsync(SharedVectors.Read(Tdx), submission, default);
        var asTdx = await new TdxVerifier(Options(TdxCollateral)).VerifyQuoteAsync(SharedVectors.Read(Sgx), null, submission, default);
        Assert.Equal("sgx.evidence.format", Assert.Single(Assert.IsType<Refused>(asSgx).Failures).Id);
        Assert.Equal("tdx.evidence.format", Assert.Single(Assert.IsType<Refused>(asTdx).Failures).Id);
    }

    [Fact]
    public async Task Refuses_collateral_of_another_root_than_the_verifier_trusts()
    {
        var collateral = DcapCollateral.Parse(Bytes(TdxCollateral), new string('0', 64));
        var verdict = await new TdxVerifier(new() { Collateral = new MemoryDcapCollateral(collateral) })
            .VerifyQuoteAsync(SharedVectors.Read(Tdx), null, new() { Evidence = default, At = s_tdxAt }, default);
        Assert.Contains(Assert.IsType<Refused>(verdict).Failures, check => check.Id == "dcap.collateral.root");
    }

    [Fact]
    public async Task Reads_collateral_from_a_folder()
    {
        Assert.NotEmpty(SharedVectors.Read(TdxCollateral + "tcb_info.json"));
        var source = new DcapFileCollateral(Path.Combine(VectorFolder.Find()!, TdxCollateral));
        var verdict = await new TdxVerifier(new() { Collateral = source })
            .VerifyQuoteAsync(SharedVectors.Read(Tdx), null, new() { Evidence = default, At = s_tdxAt }, default);
        Assert.IsType<Verified>(verdict);

        var missing = await new TdxVerifier(new() { Collateral = new DcapFileCollateral(Path.Combine(VectorFolder.Find()!, "none")) })
            .VerifyQuoteAsync(SharedVectors.Read(Tdx), null, new() { Evidence = default, At = s_tdxAt }, default);
        Assert.Equal("dcap.collateral.present", Assert.Single(Assert.IsType<Refused>(missing).Failures).Id);
    }

    [Fact]
    public async Task Refuses_collateral_of_an_older_evaluation_when_a_newer_is_required()
    {
        var verdict = await new TdxVerifier(Options(TdxCollateral) with { MinimumTcbEvaluationDataNumber = 18 })
            .VerifyQuoteAsync(SharedVectors.Read(Tdx), null, new() { Evidence = default, At = s_tdxAt }, default);
        Assert.Equal("dcap.collateral.evaluation", Assert.Single(Assert.IsType<Refused>(verdict).Failures).Id);
    }

    [Fact]
    public async Task Takes_expired_collateral_only_within_the_grace_and_says_so()
    {
        var collateral = Options(TdxCollateral);
        var at = new DateTimeOffset(2025, 11, 20, 0, 0, 0, TimeSpan.Zero);
        var submission = new EvidenceSubmission { Evidence = default, At = at };
        var quote = SharedVectors.Read(Tdx);
        Assert.IsType<Refused>(await new TdxVerifier(collateral).VerifyQuoteAsync(quote, null, submission, default));
        var verdict = await new TdxVerifier(collateral with { CollateralGrace = TimeSpan.FromDays(30) }).VerifyQuoteAsync(quote, null, submission, default);
        Assert.Equal("1", Assert.IsType<Verified>(verdict).Claims[0].Claims["collateral_expiration_status"]!.GetValue<string>());
    }

    private static (Func<ReadOnlyMemory<byte>, ValueTask<Verdict>> Verify, byte[] Quote) Genuine(bool isTdx)
    {
        var options = Options(isTdx ? TdxCollateral : SgxCollateral);
        var submission = new EvidenceSubmission { Evidence = default, At = isTdx ? s_tdxAt : s_sgxAt };
        return isTdx
            ? (quote => new TdxVerifier(options).VerifyQuoteAsync(quote, null, submission, default), SharedVectors.Read(Tdx))
            : (quote => new SgxVerifier(options).VerifyQuoteAsync(quote, submission, default), SharedVectors.Read(Sgx));
    }

    private static DcapOptions Options(string folder) => new() { Collateral = new MemoryDcapCollateral(DcapCollateral.Parse(Bytes(folder))) };

    private static DcapCollateralBytes Bytes(string folder) => new()
    {
        TcbInfo = SharedVectors.Read(folder + "tcb_info.json").TrimEnd(),
        QeIdentity = SharedVectors.Read(folder + "qe_identity.json").TrimEnd(),
        TcbSigningChain = SharedVectors.Read(folder + "tcb_signing_chain.pem"),
        PckCrl = SharedVectors.Read(folder + "pck_crl.der"),
        RootCaCrl = SharedVectors.Read(folder + "root_ca_crl.der"),
    };

    private static async Task<bool> Verifies(DcapCollateralBytes bytes, byte[] quote)
    {
        try
        {
            var options = new DcapOptions { Collateral = new MemoryDcapCollateral(DcapCollateral.Parse(bytes)) };
            return await new TdxVerifier(options).VerifyQuoteAsync(quote, null, new() { Evidence = default, At = s_tdxAt }, default) is Verified;
        }
        catch (Nacre.Formats.MalformedDataException)
        {
            return false;
        }
    }

    private static int EndOf(byte[] quote) => quote.Length - DcapQuote.Parse(quote).Trailing.Length;
}
