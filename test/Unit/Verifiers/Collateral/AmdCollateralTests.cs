using Nacre.Evidence.Snp;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Amd;
using Nacre.Verifiers.Snp;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>AMD's certificates and lists from a service that may be right, wrong or gone, through the cache on disk.</summary>
[Trait("Group", "EvidenceCollateral")]
public sealed class AmdCollateralTests : IAsyncDisposable
{
    private const string ListPath = "/vcek/v1/Milan/crl";

    private readonly OwnAmd _amd = new();
    private readonly StandInService _service = new();
    private readonly HandClock _clock = new(OwnAmd.Now);
    private readonly HttpClient _client = CollateralHttp.CreateClient();
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-collateral-").FullName;
    private readonly string _vcekPath = "/vcek/v1/Milan/" + OwnAmd.Name.ChipIdHex;

    public AmdCollateralTests()
    {
        _service.Serve(_vcekPath, _amd.Vcek);
        _service.Serve(ListPath, _amd.Root.RevocationList(OwnIntel.Month));
    }

    [Fact]
    public async Task Asks_by_the_names_of_the_service_and_keeps_the_answers()
    {
        await using var cache = Cache();
        var verdict = Assert.IsType<Verified>(await VerifyAsync(cache));
        Assert.Equal("0", (string?)verdict.Claims[0].Claims["collateral_expiration_status"]);
        Assert.Equal([$"{_vcekPath}?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219", ListPath], _service.Asked);

        await using var other = Cache();
        Assert.IsType<Verified>(await VerifyAsync(other));
        Assert.Equal(2, _service.Asked.Count);
    }

    [Theory]
    [InlineData(SnpProduct.Turin, "vcek/v1/Turin/0102030405060708?fmcSPL=01&blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=72")]
    [InlineData(SnpProduct.Genoa, "vcek/v1/Genoa/0102030405060708?blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=72")]
    public void Spells_the_versions_as_the_product_does(SnpProduct product, string path) => Assert.Equal(
        path, AmdKeyDistribution.Path(new(product, "0102030405060708", new(product == SnpProduct.Turin ? (byte)1 : null, 2, 3, 4, 72))));

    [Fact]
    public async Task What_is_kept_serves_a_place_without_a_network()
    {
        await using (var cache = Cache())
            Assert.IsType<Verified>(await VerifyAsync(cache));

        var options = new SnpOptions
        {
            Roots = _amd.Roots,
            Collateral = new AmdFileCollateral(Path.Combine(_folder, "amd")),
            RequireRevocationList = true,
        };
        Assert.IsType<Verified>(
            await new SnpVerifier(options).VerifyReportAsync(_amd.Report(), null, new() { Evidence = default, At = OwnAmd.Now }, default));
    }

    [Fact]
    public async Task The_certificate_of_another_chip_or_root_is_not_taken()
    {
        using var stranger = new OwnAmd();
        foreach (var lie in (byte[][])[stranger.Vcek, _amd.IssueVcek(OwnAmd.Tcb with { Microcode = 218 }), "busy"u8.ToArray()])
        {
            _service.Serve(_vcekPath, lie);
            await using var cache = Cache();
            RequireFailed(await VerifyAsync(cache), "snp.vek.present");
        }

        Assert.False(Directory.Exists(Path.Combine(_folder, "amd/vcek"))
            && Directory.EnumerateFiles(_folder, "*.der", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task Refuses_a_revoked_vcek_and_a_revoked_issuer()
    {
        foreach (var revoked in (byte[][])[_amd.Vcek, _amd.Issuer.Certificate])
        {
            _service.Serve(ListPath, _amd.Root.RevocationList((OwnAmd.Now.AddDays(-1), OwnAmd.Now.AddDays(1)), revoked));
            await using var cache = Cache();
            RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
            _clock.Now += TimeSpan.FromHours(30);
        }
    }

    [Fact]
    public async Task A_list_of_a_stranger_counts_as_none()
    {
        using var stranger = new OwnAmd();
        _service.Serve(ListPath, stranger.Root.RevocationList(OwnIntel.Month));
        await using var cache = Cache();
        RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
        var lax = Assert.IsType<Verified>(await VerifyAsync(cache, require: false));
        Assert.Contains(lax.Checks, check => check is { Id: "snp.vek.revocation", Outcome: CheckOutcome.NotMade });
    }

    [Fact]
    public async Task Yesterdays_list_does_not_undo_what_is_known()
    {
        _service.Serve(ListPath, _amd.Root.RevocationList((OwnAmd.Now.AddDays(-5), OwnAmd.Now.AddDays(20)), _amd.Vcek));
        await using var cache = Cache();
        RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
        _service.Serve(ListPath, _amd.Root.RevocationList((OwnAmd.Now.AddDays(-6), OwnAmd.Now.AddDays(21))));
        _clock.Now += TimeSpan.FromDays(2);
        RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
        await cache.SettleAsync();
        RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
        Assert.Equal(2, _service.Count(ListPath));
    }

    [Fact]
    public async Task Serves_a_stale_list_within_the_grace_and_says_so()
    {
        await using var cache = Cache(grace: TimeSpan.FromDays(3));
        Assert.IsType<Verified>(await VerifyAsync(cache));
        _service.Refuse(ListPath, 500);

        _clock.Now = OwnIntel.Month.Until.AddDays(2);
        var verdict = Assert.IsType<Verified>(await VerifyAsync(cache));
        Assert.Equal("1", (string?)verdict.Claims[0].Claims["collateral_expiration_status"]);
        Assert.Contains(verdict.Checks, check => check.Id == "snp.vek.revocation"
            && check.Found!.Contains("within the grace", StringComparison.Ordinal));

        _clock.Now = OwnIntel.Month.Until.AddDays(4);
        RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
    }

    [Fact]
    public async Task A_list_that_is_not_yet_valid_is_refused()
    {
        _service.Serve(ListPath, _amd.Root.RevocationList((OwnAmd.Now.AddDays(1), OwnAmd.Now.AddDays(9))));
        await using var cache = Cache(grace: TimeSpan.FromDays(30));
        RequireFailed(await VerifyAsync(cache), "snp.vek.revocation");
    }

    [Fact]
    public async Task A_busy_service_makes_the_verification_fail_closed()
    {
        _service.Refuse(_vcekPath, 429, ("Retry-After", "600"));
        await using var cache = Cache();
        var failure = Assert.Single(Assert.IsType<Refused>(await VerifyAsync(cache)).Failures);
        Assert.Equal("snp.vek.present", failure.Id);
        Assert.Contains("600 seconds", failure.Found, StringComparison.Ordinal);

        // It is left alone for as long as it asked.
        _service.Serve(_vcekPath, _amd.Vcek);
        _clock.Now += TimeSpan.FromMinutes(9);
        RequireFailed(await VerifyAsync(cache), "snp.vek.present");
        Assert.Equal(1, _service.Count(_vcekPath));
        _clock.Now += TimeSpan.FromMinutes(2);
        Assert.IsType<Verified>(await VerifyAsync(cache));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _amd.Dispose();
        await _service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private CollateralCache Cache(TimeSpan grace = default) => new(_folder, _clock) { Grace = grace };

    private async Task<Verdict> VerifyAsync(CollateralCache cache, bool require = true)
    {
        var service = new AmdKeyDistribution(
            new CollateralHttp(_client, TimeProvider.System) { Deadline = TimeSpan.FromSeconds(3) }, _service.Url);
        var options = new SnpOptions
        {
            Roots = _amd.Roots,
            Collateral = new AmdDiskCache(service, cache) { Roots = _amd.Roots },
            CollateralGrace = cache.Grace,
            RequireRevocationList = require,
        };
        return await new SnpVerifier(options)
            .VerifyReportAsync(_amd.Report(), null, new() { Evidence = default, At = _clock.Now }, default);
    }

    private static void RequireFailed(Verdict verdict, string id) =>
        Assert.Equal(id, Assert.Single(Assert.IsType<Refused>(verdict).Failures).Id);
}
