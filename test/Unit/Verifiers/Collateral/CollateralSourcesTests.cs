using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>The sources as a server composes them: from a folder, or from services.</summary>
[Trait("Group", "EvidenceCollateral")]
public sealed class CollateralSourcesTests : IAsyncDisposable
{
    private readonly DcapServiceFixture _intel = new();

    [Fact]
    public async Task A_server_verifies_sgx_with_a_service()
    {
        await using var sources = new CollateralSources(
            new()
            {
                CacheFolder = _intel.Folder,
                Intel = new() { Service = _intel.Service.Url, RootKeyDigest = _intel.Intel.RootKeyDigest, UpdateEarly = false },
                Amd = _intel.Service.Url,
            },
            _intel.Clock, error => Assert.Fail(error.Message));
        Assert.IsType<Verified>(await VerifyAsync(sources));
        Assert.Contains("/sgx/certification/v4/tcb?fmspc=00906ED50000&update=standard", _intel.Service.Asked);
        Assert.True(File.Exists(Path.Combine(_intel.Folder, "intel/sgx/tcb", OwnIntel.Fmspc)));
    }

    [Fact]
    public async Task A_server_with_a_folder_asks_nobody()
    {
        var intel = _intel.Intel;
        WriteSet("old", intel.TcbInfo(false, info => info["issueDate"] = OwnIntel.Iso(OwnIntel.Now.AddDays(-15))));
        WriteSet("current", intel.TcbInfo(false));
        WriteSet("future", intel.TcbInfo(false, info => info["issueDate"] = OwnIntel.Iso(OwnIntel.Now.AddDays(1))));
        WriteSet("other", intel.TcbInfo(false, info => info["fmspc"] = "00606A000000"));
        WriteSet("tdx", intel.TcbInfo(true));
        WriteSet("broken", "{"u8.ToArray());

        var source = new DcapFileCollateral(_intel.Folder, intel.RootKeyDigest, _intel.Clock);
        var name = new DcapCollateralName(false, OwnIntel.Fmspc, "platform");
        Assert.Equal(OwnIntel.Month.From, (await source.FindAsync(name, default))!.TcbInfo.IssueDate);
        Assert.True((await source.FindAsync(name with { IsTdx = true }, default))!.TcbInfo.IsTdx);

        // What could not be read may be what is missing.
        var error = await Assert.ThrowsAsync<CollateralUnavailableException>(
            async () => await source.FindAsync(name with { Authority = "processor" }, default));
        Assert.Contains("broken", error.Message, StringComparison.Ordinal);
        Assert.IsType<Verified>(await _intel.VerifyAsync(source));
        Assert.Empty(_intel.Service.Asked);
    }

    [Fact]
    public async Task New_files_are_seen_without_a_start()
    {
        WriteSet("one", _intel.Intel.TcbInfo(false));
        var source = new DcapFileCollateral(_intel.Folder, _intel.Intel.RootKeyDigest, _intel.Clock) { ReadAgainAfter = TimeSpan.Zero };
        var name = new DcapCollateralName(false, OwnIntel.Fmspc, "platform");
        Assert.NotNull(await source.FindAsync(name, default));
        WriteSet("two", _intel.Intel.TcbInfo(false, info => info["issueDate"] = OwnIntel.Iso(OwnIntel.Now)));
        Assert.Equal(OwnIntel.Now, (await source.FindAsync(name, default))!.TcbInfo.IssueDate);
    }

    [Fact]
    public async Task An_empty_folder_says_so()
    {
        await using var sources = new CollateralSources(
            new() { Folder = _intel.Folder, CacheFolder = _intel.Folder }, _intel.Clock, error => Assert.Fail(error.Message));
        var failure = Assert.Single(Assert.IsType<Refused>(await VerifyAsync(sources)).Failures);
        Assert.Equal("dcap.collateral.present", failure.Id);
        Assert.Contains("tcb_info.json", failure.Found, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _intel.DisposeAsync();

    private async Task<Verdict> VerifyAsync(CollateralSources sources)
    {
        var options = sources.AddTo(new() { Dcap = new() { RootKeyDigest = _intel.Intel.RootKeyDigest } });
        var verifier = VerifierList.Create(options).Single(one => one.Tee == TeeNames.Sgx);
        var evidence = new JsonObject { ["quote"] = Convert.ToBase64String(_intel.Quote) };
        return await verifier.VerifyAsync(new() { Evidence = Encoding.UTF8.GetBytes(evidence.ToJsonString()), At = OwnIntel.Now }, default);
    }

    private void WriteSet(string name, byte[] tcbInfo)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_intel.Folder, name)).FullName;
        var set = _intel.Intel.Collateral(isTdx: false);
        foreach (var (file, bytes) in new (string, ReadOnlyMemory<byte>)[]
        {
            ("tcb_info.json", tcbInfo), ("qe_identity.json", set.QeIdentity), ("tcb_signing_chain.pem", set.TcbSigningChain),
            ("pck_crl.der", set.PckCrl), ("root_ca_crl.der", set.RootCaCrl),
        })
            File.WriteAllBytes(Path.Combine(folder, file), bytes.Span);
    }
}
