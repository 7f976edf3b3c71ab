using Nacre.Evidence.Snp;
using Nacre.Verifiers.Collateral.Amd;
using Nacre.Verifiers.Collateral.Hygon;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.Snp;

namespace Nacre.Verifiers.Collateral;

/// <summary>The sources of collateral of one server: files, or the services through one cache. Dispose it after the verifiers.</summary>
public sealed class CollateralSources : IAsyncDisposable
{
    private readonly HttpClient? _http;
    private readonly CollateralCache? _cache;
    private readonly TimeSpan _grace;
    private readonly Func<SnpProduct, AmdRoots> _amdRoots;

    /// <param name="options">Which.</param>
    /// <param name="clock">Tells whether a document is still good.</param>
    /// <param name="trouble">Told of what does not stop a verification, such as a renewal that failed.</param>
    public CollateralSources(CollateralOptions options, TimeProvider clock, Action<CollateralUnavailableException> trouble)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_grace, _amdRoots) = (options.Grace, options.AmdRoots);
        if (options.Folder is { } folder)
        {
            Intel = new DcapFileCollateral(folder, clock: clock);
            Amd = new AmdFileCollateral(folder);
            Hygon = new HygonFileCollateral(folder);
            return;
        }

        _http = CollateralHttp.CreateClient();
        _cache = new(options.CacheFolder, clock) { Grace = options.Grace, Trouble = trouble };
        var http = new CollateralHttp(_http, clock);
        Intel = new DcapHttpCollateral(http, options.Intel, _cache, clock);
        Amd = OfAmd(options, new AmdDiskCache(new AmdKeyDistribution(http, options.Amd), _cache) { Roots = _amdRoots });
        Hygon = new HygonDiskCache(new HygonKeyDistribution(http, options.Hygon), _cache);
    }

    public IDcapCollateralSource Intel { get; }
    public IAmdCollateral Amd { get; }
    public IHygonCollateral Hygon { get; }

    /// <summary>The options of verifiers that use these sources, with the same grace.</summary>
    public VerifierListOptions AddTo(VerifierListOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with
        {
            Snp = options.Snp with { Collateral = Amd, CollateralGrace = _grace, Roots = _amdRoots },
            Dcap = options.Dcap with { Collateral = Intel, CollateralGrace = _grace },
            Csv = options.Csv with { Collateral = Hygon },
        };
    }

    private static IAmdCollateral OfAmd(CollateralOptions options, AmdDiskCache service) => options.AmdFolders.Count == 0 ? service
        : new AmdSourcesInTurn(
            [.. options.AmdFolders.Select(folder => new AmdFileCollateral(folder)), .. options.AsksAmd ? (IAmdCollateral[])[service] : []]);

    public async ValueTask DisposeAsync()
    {
        if (_cache is not null)
            await _cache.DisposeAsync();
        _http?.Dispose();
    }
}
