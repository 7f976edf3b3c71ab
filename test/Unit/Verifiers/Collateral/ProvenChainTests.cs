using System.Security.Cryptography;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Tdx;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>
/// What a verifier remembers of platforms it has seen changes nothing but its speed: the same checks and claims, and what may change from one
/// day to the next is judged anew.
/// </summary>
[Trait("Group", "EvidenceDcap")]
public sealed class ProvenChainTests : IDisposable
{
    private readonly OwnIntel _intel = new();
    private DcapCollateral _collateral;

    public ProvenChainTests() => _collateral = Read(_intel.Collateral(isTdx: false));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_platform_seen_before_gets_the_same_checks_and_claims(int version)
    {
        _collateral = Read(_intel.Collateral(isTdx: version > 3));
        var quote = new OwnQuote(version).Sign(_intel);
        var verifier = Verifier(version);
        var first = Assert.IsType<Verified>(await verifier(quote, OwnIntel.Now));
        var second = Assert.IsType<Verified>(await verifier(quote, OwnIntel.Now));

        Assert.Equal(first.Checks, second.Checks);
        Assert.Equal(first.Claims[0].Claims.ToJsonString(), second.Claims[0].Claims.ToJsonString());
        Assert.Contains(second.Checks, check => check.Id == "dcap.pck.chain");
    }

    [Fact]
    public async Task A_platform_seen_before_is_refused_once_it_is_revoked()
    {
        var quote = new OwnQuote(3).Sign(_intel);
        var verifier = Verifier(3);
        Assert.IsType<Verified>(await verifier(quote, OwnIntel.Now));

        _collateral = Read(_intel.Collateral(isTdx: false) with { PckCrl = _intel.PlatformAuthority.RevocationList(OwnIntel.Month, _intel.Pck) });
        Assert.Equal(["dcap.pck.revocation"], Failures(await verifier(quote, OwnIntel.Now)));
    }

    [Fact]
    public async Task A_platform_seen_before_is_refused_once_its_certificate_has_ended()
    {
        _intel.Pck = _intel.IssuePck((OwnIntel.Now.AddDays(-1), OwnIntel.Now.AddDays(1)));
        var quote = new OwnQuote(3).Sign(_intel);
        var verifier = Verifier(3);
        Assert.IsType<Verified>(await verifier(quote, OwnIntel.Now));

        Assert.Equal(["dcap.pck.dates"], Failures(await verifier(quote, OwnIntel.Now.AddDays(2))));
    }

    [Fact]
    public async Task A_quote_of_a_platform_seen_before_still_needs_both_of_its_signatures()
    {
        var verifier = Verifier(3);
        Assert.IsType<Verified>(await verifier(new OwnQuote(3).Sign(_intel), OwnIntel.Now));

        Assert.Equal(["dcap.quote.signature"], Failures(await verifier(new OwnQuote(3) { Signature = Noise() }.Sign(_intel), OwnIntel.Now)));
        Assert.Equal(["dcap.qe.signature"], Failures(await verifier(new OwnQuote(3) { QeSignature = Noise() }.Sign(_intel), OwnIntel.Now)));
    }

    [Fact]
    public async Task A_chain_that_Intel_did_not_sign_is_refused_each_time()
    {
        using var stranger = new OwnIntel();
        var chain = OwnIntel.Pem(_intel.Pck, stranger.PlatformAuthority.Certificate, _intel.Root.Certificate);
        var quote = new OwnQuote(3).Sign(_intel, chain);
        var verifier = Verifier(3);
        var first = await verifier(quote, OwnIntel.Now);
        var second = await verifier(quote, OwnIntel.Now);

        Assert.Contains("dcap.pck.chain", Failures(second));
        Assert.Equal(first.Checks, second.Checks);
    }

    public void Dispose() => _intel.Dispose();

    // In range, and of nobody.
    private static byte[] Noise() => [.. SHA256.HashData("r"u8), .. SHA256.HashData("s"u8)];

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);

    private DcapCollateral Read(DcapCollateralBytes bytes) => DcapCollateral.Parse(bytes, _intel.RootKeyDigest);

    /// <summary>One verifier for several quotes, with the collateral of the moment.</summary>
    private Func<byte[], DateTimeOffset, ValueTask<Verdict>> Verifier(int version)
    {
        var options = new DcapOptions { RootKeyDigest = _intel.RootKeyDigest, Collateral = new MemoryDcapCollateral(_ => _collateral) };
        var (sgx, tdx) = (new SgxVerifier(options), new TdxVerifier(options));
        return (quote, at) =>
        {
            var submission = new EvidenceSubmission { Evidence = default, At = at };
            return version == 3 ? sgx.VerifyQuoteAsync(quote, submission, default) : tdx.VerifyQuoteAsync(quote, null, submission, default);
        };
    }
}
