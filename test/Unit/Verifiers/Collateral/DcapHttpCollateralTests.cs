using System.Text;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>Intel's collateral from a service that may be right, wrong, late or gone, through the cache on disk.</summary>
[Trait("Group", "EvidenceCollateral")]
public sealed class DcapHttpCollateralTests : IAsyncDisposable
{
    private readonly DcapServiceFixture _intel = new();

    [Fact]
    public async Task Asks_for_each_document_once_and_verifies()
    {
        await using var cache = _intel.Cache();
        var source = _intel.Source(cache);
        RequireVerified(await _intel.VerifyAsync(source));
        RequireVerified(await _intel.VerifyAsync(source));

        Assert.Equal(
            [
                "/sgx/certification/v4/tcb?fmspc=00906ED50000&update=early", "/sgx/certification/v4/qe/identity?update=early",
                "/sgx/certification/v4/pckcrl?ca=platform&encoding=der", "/sgx/certification/v4/rootcacrl",
            ],
            _intel.Service.Asked);
        var name = new DcapCollateralName(false, OwnIntel.Fmspc, "platform");
        Assert.Same(await source.FindAsync(name, default), await source.FindAsync(name, default));
    }

    [Fact]
    public async Task Another_process_finds_what_the_first_kept()
    {
        await using var cache = _intel.Cache();
        RequireVerified(await _intel.VerifyAsync(cache));
        _intel.RefuseAll(500);
        await using var other = _intel.Cache();
        RequireVerified(await _intel.VerifyAsync(other));
        Assert.Equal(4, _intel.Service.Asked.Count);
    }

    [Fact]
    public async Task Processes_that_start_together_ask_once()
    {
        var caches = Enumerable.Range(0, 8).Select(_ => _intel.Cache()).ToArray();
        foreach (var verdict in await Task.WhenAll(caches.Select(_intel.VerifyAsync)))
            RequireVerified(verdict);

        Assert.Equal(4, _intel.Service.Asked.Count);
        foreach (var cache in caches)
            await cache.DisposeAsync();
    }

    [Fact]
    public async Task Takes_version_3_of_the_service_with_its_header()
    {
        var chain = Uri.EscapeDataString(Encoding.ASCII.GetString(_intel.Intel.SigningChain));
        var lists = Uri.EscapeDataString(Encoding.ASCII.GetString(_intel.Intel.ListChain));
        _intel.Service.Serve("/sgx/certification/v3/tcb", _intel.Intel.TcbInfo(false), ("SGX-TCB-Info-Issuer-Chain", chain));
        _intel.Service.Serve(
            "/sgx/certification/v3/qe/identity", _intel.Intel.QeIdentity(false), ("SGX-Enclave-Identity-Issuer-Chain", chain));
        _intel.Service.Serve(
            "/sgx/certification/v3/pckcrl", DcapServiceFixture.Hex(_intel.Intel.PlatformAuthority.RevocationList(OwnIntel.Month)),
                ("SGX-PCK-CRL-Issuer-Chain", lists));
        _intel.Service.Serve("/sgx/certification/v3/rootcacrl", _intel.Intel.Root.RevocationList(OwnIntel.Month));
        await using var cache = _intel.Cache();
        using var client = CollateralHttp.CreateClient();
        var source = new DcapHttpCollateral(
            new(client, TimeProvider.System),
                new() { Service = new(_intel.Service.Url, "sgx/certification/v3/"), RootKeyDigest = _intel.Intel.RootKeyDigest },
            cache, _intel.Clock);
        RequireVerified(await _intel.VerifyAsync(source));
    }

    [Theory]
    [InlineData("other platform")]
    [InlineData("other tee")]
    [InlineData("changed")]
    [InlineData("other root")]
    [InlineData("no chain")]
    [InlineData("garbage")]
    public async Task Takes_and_keeps_nothing_that_is_not_what_was_asked_for(string lie)
    {
        using var stranger = new OwnIntel();
        switch (lie)
        {
            case "other platform":
                _intel.ServeTcbInfo(_intel.Intel.TcbInfo(false, info => info["fmspc"] = "00606A000000"));
                break;
            case "other tee":
                _intel.ServeTcbInfo(_intel.Intel.TcbInfo(true));
                break;
            case "changed":
                var text = Encoding.UTF8.GetString(_intel.Intel.TcbInfo(false));
                Assert.Contains("OutOfDate", text, StringComparison.Ordinal);
                _intel.ServeTcbInfo(Encoding.UTF8.GetBytes(text.Replace("OutOfDate", "UpToDate", StringComparison.Ordinal)));
                break;
            case "other root":
                _intel.Service.Serve(
                    DcapServiceFixture.TcbPath, stranger.TcbInfo(false),
                        ("TCB-Info-Issuer-Chain", Uri.EscapeDataString(Encoding.ASCII.GetString(stranger.SigningChain))));
                break;
            case "no chain":
                _intel.Service.Serve(DcapServiceFixture.TcbPath, _intel.Intel.TcbInfo(false));
                break;
            default:
                _intel.ServeTcbInfo("<html>it works</html>"u8.ToArray());
                break;
        }

        await using var cache = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
        Assert.False(File.Exists(Path.Combine(_intel.Folder, "intel/sgx/tcb", OwnIntel.Fmspc)));

        // Once it tells the truth, it is believed, after the pause.
        _intel.ServeTcbInfo(_intel.Intel.TcbInfo(false));
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
        _intel.Clock.Now += TimeSpan.FromMinutes(2);
        RequireVerified(await _intel.VerifyAsync(cache));
    }

    [Fact]
    public async Task A_revocation_list_of_a_stranger_is_not_taken()
    {
        using var stranger = new OwnIntel();
        _intel.ServePckList(stranger.PlatformAuthority.RevocationList(OwnIntel.Month));
        await using var cache = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
    }

    [Fact]
    public async Task Leaves_a_service_that_stalls_alone_for_a_while()
    {
        _intel.Service.Stall(DcapServiceFixture.TcbPath);
        await using var cache = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
        Assert.Equal(1, _intel.Service.Count(DcapServiceFixture.TcbPath));
    }

    [Fact]
    public async Task Yesterdays_list_does_not_undo_what_is_known()
    {
        // The list that is known revokes the platform; the older one does not.
        var known = (OwnIntel.Now.AddDays(-5), OwnIntel.Now.AddDays(25));
        _intel.ServePckList(_intel.Intel.PlatformAuthority.RevocationList(known, _intel.Intel.Pck));
        await using var cache = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.pck.revocation");

        _intel.ServePckList(_intel.Intel.PlatformAuthority.RevocationList((OwnIntel.Now.AddDays(-6), OwnIntel.Now.AddDays(24))));
        _intel.Clock.Now += TimeSpan.FromDays(2);
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.pck.revocation");
        await cache.SettleAsync();
        Assert.Equal(2, _intel.Service.Count(DcapServiceFixture.PckListPath));
        await using var later = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(later), "dcap.pck.revocation");
    }

    [Fact]
    public async Task Renews_behind_the_back_before_the_end()
    {
        await using var cache = _intel.Cache();
        RequireVerified(await _intel.VerifyAsync(cache));

        // Two days later the platform is revoked. The kept list is still good, so the answer does not wait for the new one.
        _intel.Clock.Now += TimeSpan.FromDays(2);
        _intel.ServePckList(_intel.Intel.PlatformAuthority.RevocationList(
            (OwnIntel.Now.AddDays(1), OwnIntel.Now.AddDays(31)), _intel.Intel.Pck));
        RequireVerified(await _intel.VerifyAsync(cache));
        await cache.SettleAsync();
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.pck.revocation");
    }

    [Fact]
    public async Task Does_not_ask_each_time_although_the_end_is_near()
    {
        await using var cache = _intel.Cache();
        _intel.Clock.Now = OwnIntel.Month.Until.AddDays(-1);
        for (var i = 0; i < 4; i++)
        {
            RequireVerified(await _intel.VerifyAsync(cache));
            await cache.SettleAsync();
        }

        Assert.Equal(4, _intel.Service.Asked.Count);
        _intel.Clock.Now += TimeSpan.FromHours(1);
        RequireVerified(await _intel.VerifyAsync(cache));
        await cache.SettleAsync();
        Assert.Equal(8, _intel.Service.Asked.Count);
    }

    [Fact]
    public async Task A_service_that_is_behind_itself_is_not_asked_each_time()
    {
        _intel.Clock.Now = OwnIntel.Month.Until.AddDays(1);
        await using var strict = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(strict), "dcap.collateral.present");

        await using var lax = _intel.Cache(grace: TimeSpan.FromDays(2));
        for (var i = 0; i < 3; i++)
            Assert.Equal("1", (string?)Assert.IsType<Verified>(
                await _intel.VerifyAsync(lax)).Claims[0].Claims["collateral_expiration_status"]);
        Assert.Equal(5, _intel.Service.Asked.Count);
    }

    [Fact]
    public async Task Serves_stale_documents_within_the_grace_and_says_so()
    {
        await using var cache = _intel.Cache(grace: TimeSpan.FromDays(3));
        RequireVerified(await _intel.VerifyAsync(cache));
        _intel.RefuseAll(500);

        _intel.Clock.Now = OwnIntel.Month.Until + TimeSpan.FromDays(2);
        var verdict = Assert.IsType<Verified>(await _intel.VerifyAsync(cache));
        Assert.Equal("1", (string?)verdict.Claims[0].Claims["collateral_expiration_status"]);
        Assert.Contains(verdict.Checks, check => check.Id == "dcap.tcb_info.dates"
            && check.Found!.Contains("within the grace", StringComparison.Ordinal));

        _intel.Clock.Now = OwnIntel.Month.Until + TimeSpan.FromDays(4);
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
    }

    [Fact]
    public async Task Without_a_grace_nothing_stale_is_served()
    {
        await using var cache = _intel.Cache();
        RequireVerified(await _intel.VerifyAsync(cache));
        _intel.RefuseAll(500);
        _intel.Clock.Now = OwnIntel.Month.Until + TimeSpan.FromSeconds(1);
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
    }

    [Fact]
    public async Task A_cache_that_someone_wrote_into_is_asked_past()
    {
        await using var cache = _intel.Cache();
        RequireVerified(await _intel.VerifyAsync(cache));
        foreach (var file in Directory.EnumerateFiles(_intel.Folder, "*", SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length > 0))
        {
            var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            // Each ends in a signature. In the middle may be a byte of the pinned root that means nothing.
            bytes[^4] ^= 1;
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        }

        await using var other = _intel.Cache();
        RequireVerified(await _intel.VerifyAsync(other));
        Assert.Equal(8, _intel.Service.Asked.Count);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_costs_the_cache_and_not_the_verification()
    {
        var troubles = new List<string>();
        await File.WriteAllTextAsync(Path.Combine(_intel.Folder, "intel"), "in the way", TestContext.Current.CancellationToken);
        await using var cache = new CollateralCache(_intel.Folder, _intel.Clock) { Trouble = error => troubles.Add(error.Message) };
        RequireVerified(await _intel.VerifyAsync(cache));
        Assert.Equal(4, troubles.Count);
    }

    [Fact]
    public async Task Evidence_with_a_forged_platform_certificate_makes_nobody_ask()
    {
        using var stranger = new OwnIntel();
        var forged = new OwnQuote(3)
            .Sign(stranger, OwnIntel.Pem(stranger.Pck, stranger.PlatformAuthority.Certificate, _intel.Intel.Root.Certificate));
        await using var cache = _intel.Cache();
        var verdict = await new Nacre.Verifiers.Sgx.SgxVerifier(
            new() { Collateral = _intel.Source(cache), RootKeyDigest = _intel.Intel.RootKeyDigest })
            .VerifyQuoteAsync(forged, new() { Evidence = default, At = OwnIntel.Now }, default);
        RequireFailed(verdict, "dcap.pck.chain");
        Assert.Empty(_intel.Service.Asked);
    }

    [Theory]
    [InlineData("../../etc", "platform")]
    [InlineData("00906ed50000", "../x")]
    [InlineData("00906ED50000", "platform")]
    [InlineData("", "")]
    public async Task Names_that_are_none_are_not_asked_for(string fmspc, string authority)
    {
        await using var cache = _intel.Cache();
        Assert.Null(await _intel.Source(cache).FindAsync(new(false, fmspc, authority), default));
        Assert.Empty(_intel.Service.Asked);
    }

    [Fact]
    public async Task A_family_that_the_service_does_not_know_has_no_collateral()
    {
        _intel.Service.Refuse(DcapServiceFixture.TcbPath, 404);
        await using var cache = _intel.Cache();
        RequireFailed(await _intel.VerifyAsync(cache), "dcap.collateral.present");
    }

    public ValueTask DisposeAsync() => _intel.DisposeAsync();

    private static void RequireVerified(Verdict verdict) =>
        Assert.True(verdict is Verified, string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));

    private static void RequireFailed(Verdict verdict, string id) =>
        Assert.Equal(id, Assert.Single(Assert.IsType<Refused>(verdict).Failures).Id);
}
