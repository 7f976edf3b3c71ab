using System.Text;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Sgx;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>A stand-in of Intel's service with all documents of one platform, a cache folder, and the verifier before them.</summary>
internal sealed class DcapServiceFixture : IAsyncDisposable
{
    public const string TcbPath = "/sgx/certification/v4/tcb";
    public const string IdentityPath = "/sgx/certification/v4/qe/identity";
    public const string PckListPath = "/sgx/certification/v4/pckcrl";
    public const string RootListPath = "/sgx/certification/v4/rootcacrl";

    public static readonly string[] Paths = [TcbPath, IdentityPath, PckListPath, RootListPath];

    private readonly HttpClient _client = CollateralHttp.CreateClient();

    public DcapServiceFixture()
    {
        ServeTcbInfo(Intel.TcbInfo(isTdx: false));
        Service.Serve(IdentityPath, Intel.QeIdentity(isTdx: false), ("SGX-Enclave-Identity-Issuer-Chain", Encoded(Intel.SigningChain)));
        ServePckList(Intel.PlatformAuthority.RevocationList(OwnIntel.Month));
        Service.Serve(RootListPath, Hex(Intel.Root.RevocationList(OwnIntel.Month)));
        Quote = new OwnQuote(3).Sign(Intel);
    }

    public OwnIntel Intel { get; } = new();
    public StandInService Service { get; } = new();
    public HandClock Clock { get; } = new(OwnIntel.Now);
    public string Folder { get; } = Directory.CreateTempSubdirectory("nacre-collateral-").FullName;
    public byte[] Quote { get; }

    public void ServeTcbInfo(byte[] body) => Service.Serve(TcbPath, body, ("TCB-Info-Issuer-Chain", Encoded(Intel.SigningChain)));

    public void ServePckList(byte[] der) => Service.Serve(PckListPath, der, ("SGX-PCK-CRL-Issuer-Chain", Encoded(Intel.ListChain)));

    public void RefuseAll(int status)
    {
        foreach (var path in Paths)
            Service.Refuse(path, status);
    }

    /// <summary>As one process would have it.</summary>
    public CollateralCache Cache(TimeSpan grace = default) => new(Folder, Clock) { Grace = grace };

    public DcapHttpCollateral Source(CollateralCache cache) => new(
        new CollateralHttp(_client, TimeProvider.System) { Deadline = TimeSpan.FromSeconds(3) },
        new() { Service = Service.Url, RootKeyDigest = Intel.RootKeyDigest }, cache, Clock);

    public async Task<Verdict> VerifyAsync(CollateralCache cache) => await VerifyAsync(Source(cache), cache.Grace);

    public async Task<Verdict> VerifyAsync(IDcapCollateralSource source, TimeSpan grace = default) =>
        await new SgxVerifier(new() { Collateral = source, RootKeyDigest = Intel.RootKeyDigest, CollateralGrace = grace })
            .VerifyQuoteAsync(Quote, new() { Evidence = default, At = Clock.Now }, default);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        Intel.Dispose();
        await Service.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static byte[] Hex(byte[] der) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(der));

    private static string Encoded(byte[] pem) => Uri.EscapeDataString(Encoding.ASCII.GetString(pem));
}
