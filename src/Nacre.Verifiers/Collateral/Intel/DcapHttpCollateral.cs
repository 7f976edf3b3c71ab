using System.Collections.Concurrent;
using Nacre.Formats;
using Nacre.Verifiers.Dcap;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>
/// Intel's collateral from its service or a PCCS, through a cache on disk. What is given stays the same object while nothing in the cache
/// changes, so that a verification costs no reading.
/// </summary>
public sealed class DcapHttpCollateral : IDcapCollateralSource
{
    private const int MaxKept = 256;

    private readonly DcapService _service;
    private readonly DcapServiceOptions _options;
    private readonly CollateralCache _cache;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<DcapCollateralName, Kept> _kept = new();

    public DcapHttpCollateral(CollateralHttp http, DcapServiceOptions options, CollateralCache cache, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_service, _options, _cache, _clock) = (new(http, options), options, cache, clock);
    }

    public async ValueTask<DcapCollateral?> FindAsync(DcapCollateralName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);

        // Both become parts of URLs and file names. A quote without a certificate does not say which family it is of.
        if (name.Fmspc.Length != 12 || name.Fmspc.AsSpan().ContainsAnyExcept(s_digits) || name.Authority is not ("platform" or "processor"))
            return null;

        if (_kept.TryGetValue(name, out var kept) && _clock.GetUtcNow() < kept.Due)
            return kept.Collateral;

        if (await ReadAsync(name, cancel) is not { } documents)
            return null;

        if (_kept.Count >= MaxKept)
            _kept.Clear();

        var next = Kept.Create(documents, kept, _options.RootKeyDigest, _cache);
        _kept[name] = next;
        return next.Collateral;
    }

    private async ValueTask<Documents?> ReadAsync(DcapCollateralName name, CancellationToken cancel)
    {
        var root = _options.RootKeyDigest;
        var tcb = DcapItems.TcbInfo(name.IsTdx, name.Fmspc, root);
        var identity = DcapItems.QeIdentity(name.IsTdx, root);
        var pck = DcapItems.PckList(name.Authority, root);
        var tcbInfo = await _cache.GetAsync(tcb, token => _service.FindTcbInfoAsync(tcb, name.IsTdx, name.Fmspc, token), cancel);
        if (tcbInfo is null)
            return null;

        // The root that TCB info was proved with proves the root's list.
        var rootList = DcapItems.RootList(IntelRoot.Find(DcapCollateral.Certificates(tcbInfo.Chain), root)!);
        return new(
            tcbInfo,
            await RequireAsync(identity, token => _service.FindQeIdentityAsync(identity, name.IsTdx, token)),
            await RequireAsync(pck, token => _service.FindPckListAsync(pck, name.Authority, token)),
            await RequireAsync(rootList, token => _service.FindRootListAsync(rootList, token)));

        async ValueTask<CollateralDocument> RequireAsync(
            CollateralItem item, Func<CancellationToken, ValueTask<CollateralDocument?>> ask) =>
            await _cache.GetAsync(item, ask, cancel)
                ?? throw new CollateralUnavailableException(item.What, _options.Service.ToString(), "it has none");
    }

    private static readonly System.Buffers.SearchValues<char> s_digits = System.Buffers.SearchValues.Create("0123456789abcdef");

    private sealed record Documents(
        CollateralDocument TcbInfo, CollateralDocument QeIdentity, CollateralDocument PckList, CollateralDocument RootList)
    {
        public bool IsSame(Documents other) => Same(TcbInfo, other.TcbInfo) && Same(QeIdentity, other.QeIdentity)
            && Same(PckList, other.PckList) && Same(RootList, other.RootList);

        private static bool Same(CollateralDocument one, CollateralDocument other) =>
            one.Body.AsSpan().SequenceEqual(other.Body) && one.Chain.AsSpan().SequenceEqual(other.Chain);
    }

    private sealed record Kept(Documents Documents, DcapCollateral Collateral, DateTimeOffset Due)
    {
        /// <exception cref="CollateralUnavailableException">What was proved piece by piece does not go together.</exception>
        public static Kept Create(Documents documents, Kept? before, string root, CollateralCache cache)
        {
            var collateral = before is not null && documents.IsSame(before.Documents) ? before.Collateral : Parse(documents, root);
            var due = new[]
            {
                cache.DueOf(new(collateral.TcbInfo.IssueDate, collateral.TcbInfo.NextUpdate)),
                cache.DueOf(new(collateral.QeIdentity.IssueDate, collateral.QeIdentity.NextUpdate)),
                cache.DueOf(new(collateral.PckCrl.ThisUpdate, collateral.PckCrl.NextUpdate)),
                cache.DueOf(new(collateral.RootCaCrl.ThisUpdate, collateral.RootCaCrl.NextUpdate)),
            };
            return new(documents, collateral, due.Min());
        }

        private static DcapCollateral Parse(Documents documents, string root)
        {
            var hasOneSigner = documents.QeIdentity.Chain.AsSpan().SequenceEqual(documents.TcbInfo.Chain);
            try
            {
                return DcapCollateral.Parse(
                    new()
                    {
                        TcbInfo = documents.TcbInfo.Body,
                        QeIdentity = documents.QeIdentity.Body,
                        TcbSigningChain = documents.TcbInfo.Chain,
                        QeIdentitySigningChain = hasOneSigner ? null : documents.QeIdentity.Chain,
                        PckCrl = documents.PckList.Body,
                        RootCaCrl = documents.RootList.Body,
                    },
                    root);
            }
            catch (MalformedDataException error)
            {
                throw new CollateralUnavailableException("Intel's collateral", "the cache", error.Message, error);
            }
        }
    }
}
