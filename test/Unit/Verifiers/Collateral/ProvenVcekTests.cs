using Nacre.Evidence.Snp;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Snp;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>What a verifier remembers of chips it has seen spares signatures and nothing else.</summary>
[Trait("Group", "EvidenceCollateral")]
public sealed class ProvenVcekTests : IDisposable
{
    private readonly OwnAmd _amd = new();
    private readonly Published _published;
    private readonly SnpVerifier _verifier;

    public ProvenVcekTests()
    {
        _published = new() { Vcek = _amd.Vcek, List = _amd.Root.RevocationList(OwnIntel.Month) };
        _verifier = new(new() { Roots = _amd.Roots, Collateral = _published, RequireRevocationList = true });
    }

    [Fact]
    public async Task A_chip_seen_before_gets_the_same_checks_and_claims()
    {
        var report = _amd.Report();
        var first = Assert.IsType<Verified>(await VerifyAsync(report, OwnAmd.Now));
        var second = Assert.IsType<Verified>(await VerifyAsync(report, OwnAmd.Now));

        Assert.Equal(first.Checks, second.Checks);
        Assert.Equal(first.Claims[0].Claims.ToJsonString(), second.Claims[0].Claims.ToJsonString());
    }

    [Fact]
    public async Task A_chip_seen_before_is_refused_once_it_is_revoked()
    {
        Assert.IsType<Verified>(await VerifyAsync(_amd.Report(), OwnAmd.Now));

        _published.List = _amd.Root.RevocationList(OwnIntel.Month, _amd.Vcek);
        Assert.Equal(["snp.vek.revocation"], Failures(await VerifyAsync(_amd.Report(), OwnAmd.Now)));
    }

    [Fact]
    public async Task A_chip_and_a_list_seen_before_are_refused_once_they_have_ended()
    {
        Assert.IsType<Verified>(await VerifyAsync(_amd.Report(), OwnAmd.Now));

        Assert.Equal(["snp.vek.revocation"], Failures(await VerifyAsync(_amd.Report(), OwnIntel.Month.Until.AddDays(1))));
        Assert.Contains("snp.vek.validity", Failures(await VerifyAsync(_amd.Report(), OwnAmd.Now.AddYears(4))));
    }

    [Fact]
    public async Task A_report_of_a_chip_seen_before_still_needs_its_signature()
    {
        Assert.IsType<Verified>(await VerifyAsync(_amd.Report(), OwnAmd.Now));

        var report = _amd.Report();
        report[0x90] ^= 1;
        Assert.Equal(["snp.report.signature"], Failures(await VerifyAsync(report, OwnAmd.Now)));
    }

    [Fact]
    public async Task A_certificate_and_a_list_of_a_stranger_are_refused_each_time()
    {
        Assert.IsType<Verified>(await VerifyAsync(_amd.Report(), OwnAmd.Now));

        using var stranger = new OwnAmd();
        (_published.Vcek, _published.List) = (stranger.Vcek, stranger.Root.RevocationList(OwnIntel.Month));
        var first = await VerifyAsync(stranger.Report(), OwnAmd.Now);
        var second = await VerifyAsync(stranger.Report(), OwnAmd.Now);

        Assert.Equal(["snp.vek.issuer", "snp.vek.revocation"], Failures(second));
        Assert.Equal(((Refused)first).Checks, ((Refused)second).Checks);
    }

    public void Dispose() => _amd.Dispose();

    private ValueTask<Verdict> VerifyAsync(byte[] report, DateTimeOffset at) =>
        _verifier.VerifyReportAsync(report, null, new() { Evidence = default, At = at }, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);

    private sealed class Published : IAmdCollateral
    {
        public required byte[] Vcek { get; set; }
        public required byte[] List { get; set; }

        public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel) => ValueTask.FromResult<byte[]?>(Vcek);

        public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) =>
            ValueTask.FromResult<byte[]?>(List);
    }
}
